# SPDX-License-Identifier: MIT
# LibTorch as one imported target of our own. Torch's own CMake config refuses a CUDA wheel on a machine without the CUDA
# toolkit; we need only its headers and libraries. The search order is CMAKE_PREFIX_PATH and Torch_ROOT (an unpacked
# LibTorch), the project's .venv, then any python3 on the PATH that has torch.
string(REPLACE ":" ";" torch_environment_prefixes "$ENV{CMAKE_PREFIX_PATH}")
set(torch_hints ${Torch_ROOT} $ENV{Torch_ROOT} ${CMAKE_PREFIX_PATH} ${torch_environment_prefixes})
if(NOT EIGENSWEEP_TORCH_FOLDER)
  foreach(hint IN LISTS torch_hints)
    foreach(folder IN ITEMS "${hint}" "${hint}/torch" "${hint}/../.." "${hint}/../../..")
      if(EXISTS "${folder}/include/torch/csrc/api/include/torch/torch.h")
        get_filename_component(found "${folder}" ABSOLUTE)
        set(EIGENSWEEP_TORCH_FOLDER "${found}" CACHE PATH "Folder with LibTorch's include/ and lib/")
        break()
      endif()
    endforeach()
    if(EIGENSWEEP_TORCH_FOLDER)
      break()
    endif()
  endforeach()
endif()
if(NOT EIGENSWEEP_TORCH_FOLDER)
  foreach(python IN ITEMS "${PROJECT_SOURCE_DIR}/.venv/bin/python" python3)
    # find_spec does not import torch: no start-up cost, works for a CUDA build on a machine without a GPU.
    execute_process(
      COMMAND "${python}" -c "import importlib.util as u; s=u.find_spec('torch'); print(s.submodule_search_locations[0])"
      OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed ERROR_QUIET)
    if(NOT failed AND EXISTS "${found}/include/torch/csrc/api/include/torch/torch.h")
      set(EIGENSWEEP_TORCH_FOLDER "${found}" CACHE PATH "Folder with LibTorch's include/ and lib/")
      break()
    endif()
  endforeach()
endif()
if(NOT EIGENSWEEP_TORCH_FOLDER)
  message(FATAL_ERROR "no LibTorch found (searched CMAKE_PREFIX_PATH, Torch_ROOT, .venv and python3); run scripts/setup, "
                      "or give -DCMAKE_PREFIX_PATH=/path/to/libtorch, or -DEIGENSWEEP_WITH_TORCH=OFF to build without the worker")
endif()

set(torch_include "${EIGENSWEEP_TORCH_FOLDER}/include")
set(torch_version unknown)
foreach(header IN ITEMS torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
  if(torch_version STREQUAL unknown AND EXISTS "${torch_include}/${header}")
    file(STRINGS "${torch_include}/${header}" lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
    string(REGEX MATCHALL "[0-9]+" numbers "${lines}")
    list(JOIN numbers "." torch_version)
  endif()
endforeach()

add_library(eigensweep_torch INTERFACE)
add_library(eigensweep::torch ALIAS eigensweep_torch)
# LibTorch brings headers of another fmt in the same folder: ours, which spdlog is built against, must be found first.
get_target_property(fmt_include fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/fmt_first")
file(CREATE_LINK "${fmt_include}/fmt" "${PROJECT_BINARY_DIR}/fmt_first/fmt" SYMBOLIC)
target_include_directories(eigensweep_torch SYSTEM INTERFACE "${PROJECT_BINARY_DIR}/fmt_first"
  "${torch_include}" "${torch_include}/torch/csrc/api/include")
set(torch_libraries)
foreach(name IN ITEMS torch torch_cpu c10)
  find_library(torch_lib_${name} ${name} PATHS "${EIGENSWEEP_TORCH_FOLDER}/lib" NO_DEFAULT_PATH REQUIRED)
  list(APPEND torch_libraries "${torch_lib_${name}}")
endforeach()
# A ROCm build of LibTorch calls its libraries "hip" and its devices "cuda".
set(EIGENSWEEP_TORCH_GPU none)
foreach(gpu IN ITEMS cuda hip)
  find_library(torch_lib_torch_${gpu} torch_${gpu} PATHS "${EIGENSWEEP_TORCH_FOLDER}/lib" NO_DEFAULT_PATH)
  if(NOT torch_lib_torch_${gpu})
    continue()
  endif()
  set(EIGENSWEEP_TORCH_GPU ${gpu})
  find_library(torch_lib_c10_${gpu} c10_${gpu} PATHS "${EIGENSWEEP_TORCH_FOLDER}/lib" NO_DEFAULT_PATH REQUIRED)
  # Our code uses no symbol of torch_cuda, but loading it registers the GPU's kernels. The libraries that it needs in
  # turn (the driver's libcuda) may be missing on the build machine.
  list(APPEND torch_libraries "-Wl,--no-as-needed" "${torch_lib_torch_${gpu}}" "${torch_lib_c10_${gpu}}"
       "-Wl,--as-needed" "-Wl,--allow-shlib-undefined")
endforeach()
if(EIGENSWEEP_REQUIRE_CUDA AND NOT EIGENSWEEP_TORCH_GPU STREQUAL cuda)
  message(FATAL_ERROR "the LibTorch in ${EIGENSWEEP_TORCH_FOLDER} (${torch_version}) has no CUDA, and this build was asked to have it "
                      "(EIGENSWEEP_REQUIRE_CUDA, preset 'cuda'); install a CUDA wheel (pip install torch==${torch_version} "
                      "from PyPI), give -DCMAKE_PREFIX_PATH=/path/to/a/CUDA/libtorch, or use the preset 'release'")
endif()
target_link_libraries(eigensweep_torch INTERFACE ${torch_libraries})
# CUDA wheels (at least 2.11) export parts of std::filesystem that call functions which the wheels lack. The compiler's
# library must be searched before them, or removing a folder crashes.
target_link_options(eigensweep_torch INTERFACE "-Wl,-rpath,${EIGENSWEEP_TORCH_FOLDER}/lib"
  "LINKER:--push-state,--no-as-needed" "-lstdc++" "LINKER:--pop-state")
# at::parallel_for runs our loops on LibTorch's threads if they are compiled for the OpenMP runtime that LibTorch loads,
# which in a wheel is GCC's. Elsewhere such loops run on one thread: two runtimes would not know each other's threads.
file(GLOB torch_gomp "${EIGENSWEEP_TORCH_FOLDER}/lib/libgomp*.so*")
if(torch_gomp AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  list(GET torch_gomp 0 torch_gomp)
  target_compile_options(eigensweep_torch INTERFACE -fopenmp)
  target_link_libraries(eigensweep_torch INTERFACE "${torch_gomp}")
endif()
message(STATUS "LibTorch ${torch_version} in ${EIGENSWEEP_TORCH_FOLDER} (GPU: ${EIGENSWEEP_TORCH_GPU})")
