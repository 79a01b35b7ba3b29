// SPDX-License-Identifier: MIT
// Where the numbers of a dataset are stored, and whether they can be read: filters, external files, virtual datasets.
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "eigensweep/hdf5/hdf5.hpp"

namespace eigensweep::hdf5 {
namespace {

constexpr std::size_t longest_name = 4096;
constexpr int most_links = 16;  // in a chain of virtual datasets

std::string of_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string filter_complaint(hid_t creation) {
  for (int i = 0; i < H5Pget_nfilters(creation); ++i) {
    unsigned flags = 0;
    std::size_t parameters = 0;
    unsigned settings = 0;
    std::array<char, 256> name{};
    const H5Z_filter_t filter = H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &parameters, nullptr,
                                               name.size(), name.data(), &settings);
    if (H5Zfilter_avail(filter) > 0) continue;
    H5Eclear2(H5E_DEFAULT);
    return fmt::format(
        "are compressed with the filter {} ({}), which this HDF5 library cannot read; write the file anew with "
        "compression=\"gzip\", or, where the filter is installed, run `h5repack -f GZIP=4 OLD NEW`",
        name[0] == '\0' ? "without a name" : fmt::format("'{}'", name.data()), static_cast<int>(filter));
  }
  return "";
}

std::string external_complaint(hid_t creation) {
  const int files = H5Pget_external_count(creation);
  for (int i = 0; i < files; ++i) {
    std::array<char, longest_name> name{};
    off_t offset = 0;
    hsize_t size = 0;
    H5Pget_external(creation, static_cast<unsigned>(i), name.size() - 1, name.data(), &offset, &size);
    const std::filesystem::path file = std::filesystem::path(of_variable("HDF5_EXTFILE_PREFIX")) / name.data();
    std::error_code error;
    const std::uintmax_t there = std::filesystem::file_size(file, error);
    if (error) {
      return fmt::format(
          "lie in the external file '{}', which cannot be read ({}; a relative name counts from the current folder, or "
          "from HDF5_EXTFILE_PREFIX); bring it back, or write one file with all in it",
          file.string(), error.message());
    }
    if (size != H5F_UNLIMITED && there < static_cast<std::uintmax_t>(offset) + size) {
      return fmt::format(
          "lie in the external file '{}', which is too short: {} bytes of {} (HDF5 would read zeros); bring the whole "
          "file back",
          file.string(), there, static_cast<std::uintmax_t>(offset) + size);
    }
  }
  return "";
}

/// Where HDF5 looks for the source of a virtual dataset.
std::filesystem::path find_source(const std::string& name, const std::filesystem::path& file) {
  if (name == ".") return file;
  std::error_code ignored;
  for (const std::filesystem::path& folder :
       {std::filesystem::path(of_variable("HDF5_VDS_PREFIX")), file.parent_path()}) {
    if (std::filesystem::exists(folder / name, ignored)) return folder / name;
  }
  return name;
}

std::string complaint(hid_t dataset, const std::filesystem::path& file, int links);

std::string virtual_complaint(hid_t creation, const std::filesystem::path& file, int links) {
  std::size_t sources = 0;
  if (H5Pget_virtual_count(creation, &sources) < 0) return "";
  for (std::size_t i = 0; i < sources; ++i) {
    std::array<char, longest_name> file_name{};
    std::array<char, longest_name> name{};
    H5Pget_virtual_filename(creation, i, file_name.data(), file_name.size());
    H5Pget_virtual_dsetname(creation, i, name.data(), name.size());
    const std::string pattern = std::string(file_name.data()) + name.data();
    if (pattern.find('%') != std::string::npos) continue;  // "%b" stands for any number of sources
    const std::filesystem::path path = find_source(file_name.data(), file);
    const Handle access = file_access();
    std::error_code ignored;  // opening a FIFO would block
    const bool is_file = std::filesystem::is_regular_file(path, ignored);
    const Handle opened(is_file ? H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()) : -1, H5Fclose);
    const Handle source(opened.is_valid() ? H5Dopen2(opened.get(), name.data(), H5P_DEFAULT) : -1, H5Dclose);
    H5Eclear2(H5E_DEFAULT);
    if (!source.is_valid()) {
      return fmt::format(
          "are a virtual dataset whose part '{}' of the file '{}' is not there (HDF5 would read zeros); bring it back, "
          "or write one file with all in it",
          name.data(), path.string());
    }
    if (std::string reason = complaint(source.get(), path, links + 1); !reason.empty()) return reason;
  }
  return "";
}

/// A converter that was killed leaves chunks that were never written.
std::string chunk_complaint(hid_t dataset, hid_t creation) {
  const Handle space(H5Dget_space(dataset), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank <= 0) return "";
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  std::vector<hsize_t> chunk(extents.size());
  H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr);
  H5Pget_chunk(creation, rank, chunk.data());
  hsize_t wanted = 1;
  for (std::size_t i = 0; i < extents.size(); ++i) wanted *= (extents[i] + chunk[i] - 1) / chunk[i];
  hsize_t there = 0;
  if (H5Dget_num_chunks(dataset, space.get(), &there) < 0) {
    return fmt::format("have chunks that cannot be counted: {}; write the file anew", last_error());
  }
  if (there >= wanted) return "";
  return fmt::format(
      "were written in part ({} of {} chunks; HDF5 would read zeros for the others); write the others, or a file anew",
      there, wanted);
}

std::string complaint(hid_t dataset, const std::filesystem::path& file, int links) {
  if (links > most_links)
    return "are virtual datasets that lead to each other without end; write the numbers themselves";
  const Handle creation(H5Dget_create_plist(dataset), H5Pclose);
  const H5D_layout_t layout = H5Pget_layout(creation.get());
  if (layout == H5D_VIRTUAL) return virtual_complaint(creation.get(), file, links);
  if (H5Pget_external_count(creation.get()) > 0) return external_complaint(creation.get());
  H5D_space_status_t status{};
  if (H5Dget_space_status(dataset, &status) >= 0 && status == H5D_SPACE_STATUS_NOT_ALLOCATED) {
    return "were never written (their place is declared and empty; HDF5 would read zeros); write them";
  }
  std::string reason = filter_complaint(creation.get());
  if (reason.empty() && layout == H5D_CHUNKED) reason = chunk_complaint(dataset, creation.get());
  return reason;
}

}  // namespace

std::string unreadable_because(hid_t dataset, const std::filesystem::path& file) { return complaint(dataset, file, 0); }

}  // namespace eigensweep::hdf5
