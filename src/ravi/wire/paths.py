"""Every path of the API. Each ends in a slash; the server also answers without it and never redirects."""

AUTH_DEVICE = "/api/auth/device/"
AUTH_DEVICE_TOKEN = "/api/auth/device/token/"  # noqa: S105 - a path, not a password
AUTH_DEVICE_VERIFY = "/api/auth/device/verify/"
AUTH_LOGIN = "/api/auth/login/"
AUTH_LOGOUT = "/api/auth/logout/"
AUTH_REFRESH = "/api/auth/token/refresh/"
AUTH_BIND_IDENTITY = "/api/auth/bind-identity/"
AUTH_USER = "/api/auth/user/"
AUTH_WHOAMI = "/api/auth/whoami/"
KEYS_MANAGEMENT = "/api/auth/keys/management/"
KEYS_IDENTITY = "/api/auth/keys/identity/"
ENCRYPTION = "/api/encryption/"

IDENTITIES = "/api/identities/"
EMAIL = "/api/email/"
EMAIL_AVAILABILITY = "/api/email/check-availability/"
PHONE = "/api/phone/"
OWNER = "/api/master/"
DOMAINS = "/api/domains/"

EVENTS = "/api/events/"

SCHEMA = "/api/schema/"
DOCS = "/api/docs/"
HEALTHZ = "/healthz"
READYZ = "/readyz"
DEVICE_PAGE = "/device"
