#include "arete/data/image_folder.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arete/core/checksum.hpp"
#include "arete/core/error.hpp"
#include "arete/core/file.hpp"
#include "arete/core/parallel.hpp"
#include "arete/data/class_list.hpp"
#include "arete/data/image_decode.hpp"
#include "arete/data/image_preprocess.hpp"
#include "arete/data/image_resize.hpp"
#include "arete/data/labels.hpp"

namespace arete {

namespace {

namespace fs = std::filesystem;

// ---- The list of files ----

/// The paths of all rows: file names one after another, folder by folder. At a hundred million
/// files this list is what fills the memory.
class FileList {
 public:
  void add_folder(fs::path folder) {
    folders_.push_back(std::move(folder));
    first_rows_.push_back(size());
  }
  /// To the folder added last.
  void add_file(std::string_view name) {
    names_ += name;
    name_ends_.push_back(names_.size());
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return name_ends_.size(); }
  [[nodiscard]] std::size_t held_bytes() const noexcept {
    return names_.capacity() + name_ends_.capacity() * sizeof(std::size_t);
  }
  [[nodiscard]] std::size_t folder_of(std::uint64_t row) const {
    const auto after = std::ranges::upper_bound(first_rows_, row);
    return static_cast<std::size_t>(after - first_rows_.begin()) - 1;
  }
  [[nodiscard]] fs::path path(std::uint64_t row) const {
    const std::size_t begin = row == 0 ? 0 : name_ends_[row - 1];
    return folders_[folder_of(row)] /
           std::string_view(names_).substr(begin, name_ends_[row] - begin);
  }

 private:
  std::vector<fs::path> folders_;
  std::vector<std::uint64_t> first_rows_;  ///< of each folder; none is empty
  std::string names_;
  std::vector<std::size_t> name_ends_;
};

/// The sub-folders and all else of a folder, by name, without what is ignored.
struct Listing {
  std::vector<std::string> folders;
  std::vector<std::string> files;
};

bool is_ignored(std::string_view name) {
  constexpr std::array<std::string_view, 5> left_behind = {
      "Thumbs.db", "ehthumbs.db", "desktop.ini", "Desktop.ini", "__MACOSX"};
  return name.starts_with('.') || std::ranges::find(left_behind, name) != left_behind.end();
}

Listing list(const fs::path& folder) {
  Listing listing;
  for_each_entry(folder, [&listing](const fs::directory_entry& entry) {
    std::string name = entry.path().filename().string();
    if (is_ignored(name)) return;
    std::error_code broken_link;
    const bool folder_entry = entry.is_directory(broken_link);
    (folder_entry ? listing.folders : listing.files).push_back(std::move(name));
  });
  std::ranges::sort(listing.folders, class_less);
  std::ranges::sort(listing.files);
  return listing;
}

bool holds_image_file(const fs::path& folder, const Listing& listing) {
  return std::ranges::any_of(
      listing.files, [&folder](const std::string& name) { return is_image_file(folder / name); });
}

void add_class_folder(const fs::path& folder, std::int32_t label, FileList& files, Labels& labels) {
  if (!is_class_name(folder.filename().string())) {
    fail(ErrorKind::input,
         "{}: the name of a class folder must be UTF-8 without control characters",
         folder.string());
  }
  const Listing listing = list(folder);
  if (!listing.folders.empty()) {
    fail(ErrorKind::input, "{}: is a folder within a class folder, where only images are read",
         (folder / listing.folders.front()).string());
  }
  if (listing.files.empty()) {
    fail(ErrorKind::input, "{}: is an empty class folder; fill it or remove it", folder.string());
  }
  files.add_folder(folder);
  for (const std::string& name : listing.files) files.add_file(name);
  labels.indices.resize(files.size(), label);
}

/// Fills `labels` when `path` is a folder of class folders.
FileList find_files(const fs::path& path, Labels& labels) {
  FileList files;
  if (!is_folder(path)) {
    files.add_folder(path.parent_path());
    files.add_file(path.filename().string());
    return files;
  }
  Listing listing = list(path);
  if (listing.folders.empty()) {
    if (listing.files.empty()) fail(ErrorKind::input, "{}: holds no images", path.string());
    files.add_folder(path);
    for (const std::string& name : listing.files) files.add_file(name);
    return files;
  }
  if (holds_image_file(path, listing)) {
    fail(ErrorKind::input, "{}: holds images beside folders; class folders or images are read",
         path.string());
  }
  labels.classes = std::move(listing.folders);
  for (std::size_t label = 0; label < labels.classes.size(); ++label) {
    add_class_folder(path / labels.classes[label], static_cast<std::int32_t>(label), files, labels);
  }
  return files;
}

// ---- The source ----

/// The shape of all rows, before resizing where that is asked for; from the headers of all files.
ImageShape common_shape(const FileList& files, const OpenOptions& options) {
  const fs::path first_path = files.path(0);
  const ImageShape first = read_image_shape(first_path);
  std::atomic<bool> colours = first.channels == 3 || options.channels == 3;
  parallel_for(files.size(), options.threads, [&](std::uint64_t row) {
    const fs::path path = files.path(row);
    const ImageShape shape = read_image_shape(path);
    if (shape.channels == 3) colours = true;
    if (options.preprocessing.image_size) return;
    if (shape.width != first.width || shape.height != first.height) {
      fail(ErrorKind::input,
           "{} is {}x{} pixels, but {} is {}x{}; pass --image-size WxH to resize all images",
           path.string(), shape.width, shape.height, first_path.string(), first.width,
           first.height);
    }
  });
  return {first.width, first.height, colours ? 3U : 1U};
}

/// Of the images as rows.
ImageShape row_shape(const ImageShape& common, const Preprocessing& preprocessing) {
  ImageShape shape = common;
  if (preprocessing.grayscale) shape.channels = 1;
  if (const auto& size = preprocessing.image_size) {
    shape.width = size->width;
    shape.height = size->height;
  }
  return shape;
}

class ImageSource final : public RowSource {
 public:
  ImageSource(SourceInfo info, FileList files, Labels labels, ImageShape common, int threads)
      : info_(std::move(info)),
        files_(std::move(files)),
        labels_(std::move(labels)),
        common_(common),
        shape_(row_shape(common, info_.preprocessing)),
        threads_(threads) {}

  [[nodiscard]] const SourceInfo& info() const noexcept override { return info_; }

  void read(RowRange range, RowBlock& into) const override {
    std::byte* rows = into.prepare(info_, range);
    parallel_for(range.size(), threads_, [&](std::size_t i) {
      const Image image = decode(range.first + i);
      std::ranges::copy(std::as_bytes(std::span(image.pixels)), rows + i * info_.features);
    });
    copy_labels(labels_, range, into);
  }

 private:
  [[nodiscard]] Image decode(std::uint64_t row) const {
    const fs::path path = files_.path(row);
    Image image = decode_image(path);
    const bool same_size =
        image.shape.width == common_.width && image.shape.height == common_.height;
    if ((!same_size && !info_.preprocessing.image_size) ||
        image.shape.channels > common_.channels) {
      fail(ErrorKind::input, "{}: has changed while it was used: now {}x{} pixels, {} channels",
           path.string(), image.shape.width, image.shape.height, image.shape.channels);
    }
    image = preprocess(std::move(image), info_.preprocessing);
    return shape_.channels == 3 ? to_rgb(std::move(image)) : image;
  }

  SourceInfo info_;
  FileList files_;
  Labels labels_;
  ImageShape common_;
  ImageShape shape_;
  int threads_;
};

/// Refuses --labels `file` where `images` are labelled by their folders, or are one.
void check_labels_apply(const fs::path& images, const fs::path& file, const Labels& of_folders) {
  if (!of_folders.classes.empty()) {
    fail(ErrorKind::usage, "{}: the class folders are the labels; leave out --labels {}",
         images.string(), file.string());
  }
  if (!is_folder(images)) {
    fail(ErrorKind::usage, "{}: is a single image, to which --labels {} does not apply",
         images.string(), file.string());
  }
}

}  // namespace

bool holds_images(const fs::path& folder) {
  if (!is_folder(folder)) return false;
  const Listing listing = list(folder);
  if (holds_image_file(folder, listing)) return true;
  return std::ranges::any_of(listing.folders, [&folder](const std::string& name) {
    return holds_image_file(folder / name, list(folder / name));
  });
}

std::unique_ptr<RowSource> open_images(const fs::path& path, const OpenOptions& options) {
  if (const auto& size = options.preprocessing.image_size) {
    check_image_size(size->width, size->height);
  }
  if (options.channels == 1 && !options.preprocessing.grayscale) {
    fail(ErrorKind::usage, "{}: one channel of images that may have colours needs --grayscale",
         path.string());
  }
  Labels labels;
  FileList files = find_files(path, labels);
  if (options.labels) {
    check_labels_apply(path, *options.labels, labels);
    labels = labels_for(path, files.size(), options.labels, {}, options.memory);
  }
  const ImageShape common = common_shape(files, options);
  const ImageShape shape = row_shape(common, options.preprocessing);
  SourceInfo info;
  info.name = path.string();
  info.rows = files.size();
  info.held_bytes = files.held_bytes() + labels.indices.capacity() * sizeof(std::int32_t);
  info.preprocessing = options.preprocessing;
  info.classes = labels.classes;
  info.labels_checksum = checksum_of(std::span<const std::int32_t>(labels.indices));
  info.shape = {shape.height, shape.width};
  if (shape.channels == 3) info.shape.push_back(3);
  info.features = std::size_t{shape.height} * shape.width * shape.channels;
  return std::make_unique<ImageSource>(std::move(info), std::move(files), std::move(labels), common,
                                       options.threads);
}

}  // namespace arete
