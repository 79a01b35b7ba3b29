// SPDX-License-Identifier: MIT
#include "eigensweep/models/store/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/hash.hpp"
#include "eigensweep/core/json.hpp"

namespace eigensweep::models {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

struct Dtype {
  const char* name;
  torch::ScalarType type;
};
constexpr Dtype dtypes[] = {
    {"F32", torch::kFloat32}, {"F64", torch::kFloat64}, {"I64", torch::kInt64}, {"U8", torch::kUInt8}};

const char* dtype_name(torch::ScalarType type) {
  for (const Dtype& dtype : dtypes) {
    if (dtype.type == type) return dtype.name;
  }
  throw ContractViolation(fmt::format("no safetensors type for {}", torch::toString(type)));
}

[[noreturn]] void corrupt(const std::filesystem::path& file, const std::string& why) {
  throw DataError(
      fmt::format("{}: no valid safetensors file: {}; delete it, and it is made again", file.string(), why));
}

/// Files have no bfloat16. Each such number is a float32 number, so that another machine, without bfloat16, reads the
/// same numbers.
torch::ScalarType type_in_files(torch::ScalarType type) { return type == torch::kBFloat16 ? torch::kFloat32 : type; }

/// The entry of the metadata that holds `checksum`; files of older programs have none.
constexpr const char* checksum_key = "sha256";

/// A checksum of everything in a file except itself: the header with sorted keys, then the hash of the data.
std::string checksum(nlohmann::json header, std::string_view data) {
  header["__metadata__"].erase(checksum_key);
  return hash::sha256(header.dump() + hash::sha256(data));
}

/// Where a tensor lies in the data behind the header.
struct Entry {
  std::string name;
  torch::ScalarType type;
  std::vector<std::int64_t> shape;
  std::size_t begin, end;  // bytes
};

Entry entry_from(const std::filesystem::path& file, const std::string& name, const nlohmann::json& json,
                 std::size_t data_size) {
  // The name is written as JSON, because it may hold anything and a message must be one line.
  const auto fail = [&](const char* why) {
    corrupt(file, fmt::format("tensor {} {}", nlohmann::json(name).dump(), why));
  };
  const auto natural = [&](const nlohmann::json& number) {
    if (!number.is_number_unsigned()) fail("has a size that is no number");
    return number.get<std::uint64_t>();
  };
  const auto& type_name = json.at("dtype").get_ref<const std::string&>();
  const auto dtype =
      std::find_if(std::begin(dtypes), std::end(dtypes), [&](const Dtype& one) { return type_name == one.name; });
  if (dtype == std::end(dtypes)) fail("has an unknown type");
  Entry entry{name, dtype->type, {}, 0, 0};
  const nlohmann::json& shape = json.at("shape");
  if (!shape.is_array()) fail("has a shape that is no list");
  std::uint64_t size = c10::elementSize(dtype->type), without_zeros = size;
  for (const nlohmann::json& extent : shape) {
    const std::uint64_t count = natural(extent);
    if (count > 0 && without_zeros > data_size / count) fail("is larger than the file");
    without_zeros *= std::max<std::uint64_t>(count, 1);
    size *= count;
    entry.shape.push_back(static_cast<std::int64_t>(count));
  }
  const nlohmann::json& offsets = json.at("data_offsets");
  if (offsets.size() != 2) fail("does not fit its place");
  entry.begin = natural(offsets.at(0));
  entry.end = natural(offsets.at(1));
  if (entry.begin > entry.end || entry.end > data_size || entry.end - entry.begin != size)
    fail("does not fit its place");
  return entry;
}

}  // namespace

const torch::Tensor* TensorFile::find(const std::string& name) const {
  for (const NamedTensor& tensor : tensors) {
    if (tensor.name == name) return &tensor.tensor;
  }
  return nullptr;
}

const torch::Tensor& TensorFile::at(const std::string& name) const {
  if (const torch::Tensor* tensor = find(name)) return *tensor;
  throw DataError(
      fmt::format("{}: tensor '{}' is missing; delete the file, and it is made again", file.string(), name));
}

const torch::Tensor& TensorFile::at(const std::string& name, const torch::Tensor& like) const {
  const torch::Tensor& tensor = at(name);
  if (tensor.sizes() == like.sizes() && tensor.scalar_type() == type_in_files(like.scalar_type())) return tensor;
  throw DataError(
      fmt::format("{}: tensor '{}' has another {} than the study's network; delete the file, and it is made again",
                  file.string(), name, tensor.sizes() == like.sizes() ? "type" : "shape"));
}

std::string write_tensors(const std::filesystem::path& file, const TensorFile& content) {
  Json header = Json::object();
  header["__metadata__"] = content.metadata;
  std::string data;
  for (const NamedTensor& named : content.tensors) {
    const torch::ScalarType type = type_in_files(named.tensor.scalar_type());
    const torch::Tensor tensor = named.tensor.detach().to(torch::kCPU, type).contiguous();
    header[named.name] = {{"dtype", dtype_name(tensor.scalar_type())},
                          {"shape", tensor.sizes().vec()},
                          {"data_offsets", {data.size(), data.size() + tensor.nbytes()}}};
    data.append(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes());
  }
  header["__metadata__"][checksum_key] = checksum(header, data);
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the format wants the data aligned to 8 bytes
  const std::uint64_t length = text.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  bytes += text;
  bytes += data;
  file::write_atomically(file, bytes);
  return hash::sha256(bytes);
}

TensorFile read_tensors(const std::filesystem::path& file) {
  const std::string bytes = file::read(file);
  std::uint64_t length = 0;
  if (bytes.size() < sizeof length) corrupt(file, "it is too short");
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > bytes.size() - sizeof length) corrupt(file, "its header is longer than the file");
  const std::string_view header = std::string_view(bytes).substr(sizeof length, length);
  const std::string_view data = std::string_view(bytes).substr(sizeof length + length);
  TensorFile content;
  content.file = file;
  std::vector<Entry> entries;
  try {
    // Not Json: it keeps the keys' order, so it searches all keys for each new one.
    const nlohmann::json described = nlohmann::json::parse(header);
    const nlohmann::json wanted =
        described.value(nlohmann::json::json_pointer("/__metadata__/sha256"), nlohmann::json());
    if (!wanted.is_null() && wanted != checksum(described, data))
      corrupt(file, "its content has changed since it was written");
    for (const auto& [name, json] : described.items()) {
      if (name == "__metadata__") {
        content.metadata = json.get<std::map<std::string, std::string>>();
        content.metadata.erase(checksum_key);
      } else {
        entries.push_back(entry_from(file, name, json, data.size()));
      }
    }
  } catch (const nlohmann::json::exception&) {
    corrupt(file, "its header cannot be read");  // the parser's message would quote arbitrary bytes
  }
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::size_t filled = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != filled) corrupt(file, "its tensors overlap or leave a gap");
    filled = entry.end;
    torch::Tensor tensor = torch::empty(entry.shape, entry.type);
    if (entry.end > entry.begin) std::memcpy(tensor.data_ptr(), data.data() + entry.begin, entry.end - entry.begin);
    content.tensors.push_back({entry.name, tensor});
  }
  if (filled != data.size()) corrupt(file, "it is longer than its tensors");
  return content;
}

TensorFile lane_of(Model& model, std::int64_t lane) {
  TensorFile content;
  for (const auto* list : {&model.parameters(), &model.buffers()}) {
    for (const NamedTensor& named : *list) content.tensors.push_back({named.name, named.tensor.detach()[lane]});
  }
  return content;
}

void load_lane(Model& model, std::int64_t lane, const TensorFile& content) {
  const torch::NoGradGuard no_grad;
  for (const auto* list : {&model.parameters(), &model.buffers()}) {
    for (const NamedTensor& named : *list) {
      torch::Tensor place = named.tensor.detach()[lane];
      place.copy_(content.at(named.name, place));
    }
  }
}

}  // namespace eigensweep::models
