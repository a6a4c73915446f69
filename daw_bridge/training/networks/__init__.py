"""The networks that are trained, a file each under the stem that they have in `policies`."""
