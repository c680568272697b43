/** As many databases as Redis has by default: 0 is the default namespace, n is `redis:n`. */
export const DATABASES = 16
