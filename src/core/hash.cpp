// SPDX-License-Identifier: MIT
#include "eigensweep/core/hash.hpp"

#include <openssl/evp.h>

#include <array>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"

namespace eigensweep::hash {

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    throw SystemError("libcrypto refused to compute a SHA-256");
  }
  std::string text;
  for (unsigned i = 0; i < length; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::string sha256_of_file(const std::filesystem::path& path) { return sha256(file::read(path)); }

}  // namespace eigensweep::hash
