"""A small shop on loopback, the pictures it draws itself and the micro CLIP that ranks them."""
