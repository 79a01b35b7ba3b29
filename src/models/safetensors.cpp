// SPDX-License-Identifier: MIT
#include "eigensweep/models/safetensors.hpp"

#include <bit>
#include <cstring>

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

torch::Tensor read_tensor(const std::filesystem::path& file, const std::string& name, const Json& entry,
                          std::string_view data) {
  const auto type_name = entry.at("dtype").get<std::string>();
  const auto shape = entry.at("shape").get<std::vector<std::int64_t>>();
  const auto offsets = entry.at("data_offsets").get<std::vector<std::uint64_t>>();
  for (const Dtype& dtype : dtypes) {
    if (type_name != dtype.name) continue;
    torch::Tensor tensor = torch::empty(shape, dtype.type);
    if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data.size() ||
        offsets[1] - offsets[0] != tensor.nbytes()) {
      corrupt(file, fmt::format("tensor '{}' does not fit its place", name));
    }
    std::memcpy(tensor.data_ptr(), data.data() + offsets[0], tensor.nbytes());
    return tensor;
  }
  corrupt(file, fmt::format("tensor '{}' has the unknown type '{}'", name, type_name));
}

}  // namespace

const torch::Tensor& TensorFile::at(const std::string& name) const {
  for (const NamedTensor& tensor : tensors) {
    if (tensor.name == name) return tensor.tensor;
  }
  throw DataError(fmt::format("no tensor named '{}'", name));
}

std::string write_tensors(const std::filesystem::path& file, const TensorFile& content) {
  Json header = Json::object();
  if (!content.metadata.empty()) header["__metadata__"] = content.metadata;
  std::vector<torch::Tensor> stored;
  std::uint64_t offset = 0;
  for (const NamedTensor& named : content.tensors) {
    const torch::Tensor tensor = named.tensor.detach().to(torch::kCPU).contiguous();
    header[named.name] = {{"dtype", dtype_name(tensor.scalar_type())},
                          {"shape", tensor.sizes().vec()},
                          {"data_offsets", {offset, offset + tensor.nbytes()}}};
    offset += tensor.nbytes();
    stored.push_back(tensor);
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the format wants the data aligned to 8 bytes
  const std::uint64_t length = text.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  bytes += text;
  bytes.reserve(bytes.size() + offset);
  for (const torch::Tensor& tensor : stored) bytes.append(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes());
  file::write_atomically(file, bytes);
  return hash::sha256(bytes);
}

TensorFile read_tensors(const std::filesystem::path& file) {
  const std::string bytes = file::read(file);
  std::uint64_t length = 0;
  if (bytes.size() < sizeof length) corrupt(file, "it is too short");
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > bytes.size() - sizeof length) corrupt(file, "its header is longer than the file");
  TensorFile content;
  try {
    const Json header =
        Json::parse(bytes.begin() + sizeof length, bytes.begin() + static_cast<std::ptrdiff_t>(sizeof length + length));
    const std::string_view data = std::string_view(bytes).substr(sizeof length + length);
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") {
        content.metadata = entry.get<std::map<std::string, std::string>>();
      } else {
        content.tensors.push_back({name, read_tensor(file, name, entry, data)});
      }
    }
  } catch (const nlohmann::json::exception& error) {
    corrupt(file, error.what());
  } catch (const c10::Error& error) {
    corrupt(file, error.what_without_backtrace());
  }
  return content;
}

TensorFile lane_of(Model& model, std::int64_t lane) {
  TensorFile content;
  for (const auto* list : {&model.parameters(), &model.buffers()}) {
    for (const NamedTensor& named : *list) content.tensors.push_back({named.name, named.tensor.detach()[lane]});
  }
  return content;
}

void load_lane(Model& model, std::int64_t lane, const TensorFile& content, const std::filesystem::path& file) {
  const torch::NoGradGuard no_grad;
  for (const auto* list : {&model.parameters(), &model.buffers()}) {
    for (const NamedTensor& named : *list) {
      torch::Tensor place = named.tensor.detach()[lane];
      for (const NamedTensor& stored : content.tensors) {
        if (stored.name != named.name) continue;
        if (stored.tensor.sizes() != place.sizes()) {
          throw DataError(
              fmt::format("{}: tensor '{}' has another shape than the study's network; delete the file, and the "
                          "network is trained again",
                          file.string(), named.name));
        }
        place.copy_(stored.tensor);
        place = torch::Tensor();
        break;
      }
      if (place.defined()) {
        throw DataError(fmt::format("{}: tensor '{}' is missing; delete the file, and the network is trained again",
                                    file.string(), named.name));
      }
    }
  }
}

}  // namespace eigensweep::models
