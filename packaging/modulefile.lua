-- SPDX-License-Identifier: MIT
-- Lmod: install this file as <a folder of MODULEPATH>/eigensweep/<version>.lua.
-- The next line says where `cmake --install build/release --prefix ...` has put that version.
local prefix = pathJoin("/opt/eigensweep", myModuleVersion())

whatis("Name: eigensweep")
whatis("Version: " .. myModuleVersion())
whatis("Description: Sweeps over width, depth and covariance spectrum of neural networks")
help("`eigensweep --help` lists the commands. Pages: " .. pathJoin(prefix, "share/doc/eigensweep"))

-- The programs need the libraries that they were linked with. Name the site's modules of these here:
-- depends_on("gcc/12", "openmpi/4.1", "hdf5/1.14")

prepend_path("PATH", pathJoin(prefix, "bin"))
prepend_path("MANPATH", pathJoin(prefix, "share/man"))
