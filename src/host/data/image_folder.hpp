#pragma once

#include <filesystem>
#include <memory>

#include "arete/data/open.hpp"
#include "arete/data/row_source.hpp"

namespace arete {

/// Whether `folder` holds a JPEG or PNG file, or a folder that does. Hidden entries do not count.
[[nodiscard]] bool holds_images(const std::filesystem::path& folder);

/// Opens images as rows of uint8: one image file, a folder of image files (by name), or a folder of
/// class folders of image files (classes in the order of class_less, within a class by name; the
/// class is the folder's name). Names compare bytewise; links are followed; hidden entries and what
/// desktops leave behind (Thumbs.db, desktop.ini, __MACOSX) are ignored.
///
/// Rows are height x width for grey images, height x width x 3 when one of them has colours or
/// options.channels is 3 (grey
/// is then repeated) and options.preprocessing does not make them grey. The header of every file is
/// read here, each file once more when its rows are; both on options.threads threads.
///
/// Throws Error (input) naming the file or folder: an empty class folder or one
/// whose name is not UTF-8, a file that is no image,
/// a folder within a class folder, images of several sizes where no image_size is given; (usage)
/// for labels where the folders already say them or for a single image, and an impossible
/// image_size.
[[nodiscard]] std::unique_ptr<RowSource> open_images(const std::filesystem::path& path,
                                                     const OpenOptions& options);

}  // namespace arete
