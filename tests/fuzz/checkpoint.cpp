// SPDX-License-Identifier: MIT
// Checkpoints and kept networks: any file is loaded or refused with a DataError of one line; a training goes on from
// what was loaded.
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "eigensweep/core/error.hpp"
#include "eigensweep/models/store/snapshot.hpp"
#include "eigensweep/training/trainer.hpp"
#include "fuzz.hpp"
#include "memory_file.hpp"
#include "tiny_pack.hpp"

using namespace eigensweep;

namespace {

/// Bytes of a tensor of that type and shape; 0 where they cannot be told or are too many to matter.
std::size_t bytes_of(const Json& tensor) {
  constexpr std::size_t most = 1 << 14;
  if (!tensor.is_object() || !tensor.contains("shape") || !tensor.contains("dtype")) return 0;
  const Json& dtype = tensor["dtype"];
  std::size_t bytes = dtype == "U8" ? 1 : dtype == "F32" ? 4 : 8;
  for (const Json& extent : tensor["shape"]) {
    if (!extent.is_number_unsigned()) return 0;
    const auto count = extent.get<std::size_t>();
    if (count > 0 && bytes > most / count) return 0;
    bytes *= count;
  }
  return bytes;
}

/// The file with the given metadata (first line), tensors by type and shape (second line) and numbers (the rest):
/// chance would never make lengths and places fit each other.
std::string assembled(std::string_view text) {
  const auto cut = [&text] {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return std::string(line);
  };
  const std::string metadata = cut();
  Json header = Json::parse(cut(), nullptr, false);
  if (!header.is_object()) header = Json::object();
  std::size_t offset = 0;
  for (auto& [name, tensor] : header.items()) {
    const std::size_t bytes = bytes_of(tensor);
    if (bytes == 0) continue;
    tensor["data_offsets"] = {offset, offset + bytes};
    offset += bytes;
  }
  header["__metadata__"] = {{"position", metadata}, {"snapshot_epochs", metadata}};
  const std::string written = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  const std::uint64_t length = written.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  std::string data(text);
  data.resize(offset);
  return file + written + data;
}

void load_checkpoint(const std::filesystem::path& file) {
  static training::Trainer trainer(tiny_pack::configs(), tiny_pack::dataset(), torch::kCPU);
  trainer.load(file, {"a", "b"});
  int steps = 0;
  training::Hooks hooks;
  hooks.should_stop = [&] { return ++steps == 2; };  // with the end of an epoch between them
  trainer.run(hooks);
}

void load_network(const std::filesystem::path& file) {
  static const auto model =
      models::make_model(tiny_pack::configs().front().at("model"), tiny_pack::dataset().info, {1, 2}, torch::kCPU);
  const models::TensorFile content = models::read_tensors(file);
  models::load_lane(*model, 1, content);
  for (const models::Snapshot& snapshot : models::kept_snapshots(*model, {content, content})) {
    models::return_to(*model, snapshot);
  }
}

}  // namespace

/// The first byte: odd, the rest is to be assembled to a file; its second bit, the file is a kept network.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  if (count == 0) return 0;
  torch::set_num_threads(1);
  const std::string_view rest(reinterpret_cast<const char*>(bytes) + 1, count - 1);
  const fuzz::MemoryFile file(bytes[0] % 2 == 1 ? assembled(rest) : std::string(rest));
  try {
    if ((bytes[0] & 2) == 0) {
      load_checkpoint(file.path());
    } else {
      load_network(file.path());
    }
  } catch (const DataError& error) {
    const std::string message = error.what();
    fuzz::require(message.find('\n') == std::string::npos, "a message is one line");
    (void)Json(message).dump();  // throws where it is no UTF-8
  }
  return 0;
}
