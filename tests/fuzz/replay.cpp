// SPDX-License-Identifier: MIT
// Stands in for libFuzzer where there is none: runs a target once on every file of the folders that are named.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <vector>

#include "eigensweep/core/file.hpp"
#include "fuzz.hpp"

int main(int argc, char** argv) {
  std::size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const std::filesystem::path& file : files) {
      std::cout << file.string() << std::endl;  // flushed: the last line names the file that ended the process
      const std::string content = eigensweep::file::read(file);
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
      ++inputs;
    }
  }
  std::cout << inputs << " inputs\n";
  return inputs > 0 ? 0 : 1;
}
