// SPDX-License-Identifier: MIT
#include "eigensweep/data/device_dataset.hpp"

#include <map>
#include <string>

#include "eigensweep/core/error.hpp"

namespace eigensweep::data {
namespace {

torch::Tensor images_on(const Split& split, std::int64_t samples, std::int64_t input_size,
                        const torch::Device& device) {
  // from_blob borrows; clone() (or the copy to the device) makes the tensor its own owner.
  if (!split.values.empty()) {
    auto* values = const_cast<float*>(split.values.data());
    return torch::from_blob(values, {samples, input_size}, torch::kFloat32).clone().to(device);
  }
  auto* bytes = const_cast<std::uint8_t*>(split.images.data());
  return torch::from_blob(bytes, {samples, input_size}, torch::kUInt8).clone().to(device);
}

torch::Tensor labels_on(const Split& split, const torch::Device& device) {
  return torch::tensor(split.labels, torch::kInt64).to(device);
}

/// 255 on a device. It is a tensor because CUDA replaces division by a plain number with multiplication by 1/255, which
/// is off by one unit in the last place for some bytes. It stays on the device, because every batch divides by it.
const torch::Tensor& largest_byte(const torch::Device& device) {
  // Never freed: at the process's end the device may be gone before this thread's variables.
  thread_local auto* tensors = new std::map<std::string, torch::Tensor>();
  torch::Tensor& tensor = (*tensors)[device.str()];
  if (!tensor.defined()) tensor = torch::full({1}, 255.0, torch::TensorOptions(torch::kFloat32).device(device));
  return tensor;
}

}  // namespace

DeviceDataset::DeviceDataset(const Dataset& dataset, const torch::Device& device)
    : info(dataset.info),
      sha256(dataset.sha256),
      train_images(images_on(dataset.train, info.train_samples, info.input_size(), device)),
      train_labels(labels_on(dataset.train, device)),
      test_images(images_on(dataset.test, info.test_samples, info.input_size(), device)),
      test_labels(labels_on(dataset.test, device)),
      validation_images(images_on(dataset.validation, info.validation_samples, info.input_size(), device)),
      validation_labels(labels_on(dataset.validation, device)) {}

DeviceDataset::Part DeviceDataset::part(const std::string& split) const {
  if (split == "train") return {train_images, train_labels};
  if (split == "validation") return {validation_images, validation_labels};
  EIGENSWEEP_EXPECT(split == "test");
  return {test_images, test_labels};
}

torch::Tensor to_inputs(const torch::Tensor& images) {
  if (images.is_floating_point()) return images;
  return torch::div(images, largest_byte(images.device()));
}

}  // namespace eigensweep::data
