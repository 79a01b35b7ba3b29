// SPDX-License-Identifier: MIT
#include "eigensweep/core/hash.hpp"

#include <openssl/evp.h>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"

namespace eigensweep::hash {
namespace {

void check(int answer) {
  if (answer != 1) throw SystemError("libcrypto refused to compute a SHA-256");
}

EVP_MD_CTX* of(const std::shared_ptr<void>& context) { return static_cast<EVP_MD_CTX*>(context.get()); }

}  // namespace

Sha256::Sha256()
    : context_(EVP_MD_CTX_new(), [](void* context) { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context)); }) {
  check(context_ == nullptr ? 0 : EVP_DigestInit_ex(of(context_), EVP_sha256(), nullptr));
}

void Sha256::add(std::string_view bytes) { check(EVP_DigestUpdate(of(context_), bytes.data(), bytes.size())); }

Digest Sha256::finish() {
  Digest digest{};
  check(EVP_DigestFinal_ex(of(context_), digest.data(), nullptr));
  check(EVP_DigestInit_ex(of(context_), nullptr, nullptr));
  return digest;
}

Digest sha256_digest(std::string_view bytes) {
  // Looking the algorithm up takes longer than hashing a short text: each thread does it once.
  thread_local Sha256 sum;
  sum.add(bytes);
  return sum.finish();
}

std::string hexadecimal(const Digest& digest, std::size_t bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    text += digits[digest[i] >> 4U];
    text += digits[digest[i] & 15U];
  }
  return text;
}

std::string sha256(std::string_view bytes) { return hexadecimal(sha256_digest(bytes)); }

std::string sha256_of_file(const std::filesystem::path& path) { return sha256(file::read(path)); }

}  // namespace eigensweep::hash
