"""The commands of ``plic``, one file each."""
