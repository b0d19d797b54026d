#include "arete/core/file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <set>
#include <string>

#include "core/expect_error.hpp"
#include "core/temporary_folder.hpp"

namespace arete {
namespace {

using test::expect_error;
using test::read_bytes;
using test::TemporaryFolder;
using test::write_bytes;

void write_file(const std::filesystem::path& path, std::string_view text, bool overwrite = false) {
  OutputFile file(path, overwrite);
  file.write(text);
  file.commit();
}

long open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

TEST(InputFile, ReadsAtPositions) {
  const TemporaryFolder folder;
  write_bytes(folder / "a b", "0123456789");
  const InputFile file(folder / "a b");
  std::string part(3, ' ');
  file.read(4, std::as_writable_bytes(std::span(part)));
  EXPECT_EQ(file.size(), 10U);
  EXPECT_EQ(part, "456");
}

TEST(InputFile, NamesTheByteWhereTheFileEnds) {
  const TemporaryFolder folder;
  write_bytes(folder / "short", "0123456789");
  const InputFile file(folder / "short");
  std::array<std::byte, 4> bytes{};
  expect_error(ErrorKind::input, "short: ends at byte 10", [&] { file.read(7, bytes); });
  expect_error(ErrorKind::input, "short: ends at byte 10",
               [&] { file.read(static_cast<std::uint64_t>(-2), bytes); });
  file.read(6, bytes);
}

TEST(InputFile, RefusesWhatIsNoRegularFile) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  const long before = open_descriptors();
  for (const auto& path :
       {folder.path(), folder / "pipe", std::filesystem::path("/dev/null"), folder / "missing"}) {
    expect_error(ErrorKind::input, path.string(), [&] { InputFile file(path); });
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(FirstBytes, AreFewerOfAShortFileAndNoneOfAFolder) {
  const TemporaryFolder folder;
  write_bytes(folder / "file", "abc");
  EXPECT_EQ(first_bytes(folder / "file", 2), "ab");
  EXPECT_EQ(first_bytes(folder / "file", 9), "abc");
  EXPECT_EQ(first_bytes(folder.path(), 9), "");
  EXPECT_EQ(first_bytes(folder / "missing", 9), "");
}

TEST(Entries, AreAllOfAFolder) {
  const TemporaryFolder folder;
  write_bytes(folder / "file", "abc");
  std::filesystem::create_directory(folder / "sub");
  EXPECT_TRUE(is_file(folder / "file") && is_folder(folder / "sub"));
  EXPECT_FALSE(is_file(folder / "sub") || is_folder(folder / "file"));
  EXPECT_FALSE(is_file(folder / "missing") || is_folder(folder / "missing"));
  std::set<std::string> names;
  for_each_entry(folder.path(), [&](const std::filesystem::directory_entry& entry) {
    names.insert(entry.path().filename().string());
  });
  EXPECT_EQ(names, (std::set<std::string>{"file", "sub"}));
  expect_error(ErrorKind::input, "missing: cannot be listed",
               [&] { for_each_entry(folder / "missing", [](const auto&) {}); });
}

TEST(OutputFile, AppearsWhenCommitted) {
  const TemporaryFolder folder;
  const auto path = folder / "out put";
  OutputFile file(path, false);
  file.write("one ");
  file.write(std::string(3 << 20, 'x'));
  file.write(" two");
  EXPECT_FALSE(std::filesystem::exists(path));
  file.commit();
  EXPECT_EQ(read_bytes(path), "one " + std::string(3 << 20, 'x') + " two");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(OutputFile, HasTheAccessRightsOfAnyNewFile) {
  const TemporaryFolder folder;
  const mode_t mask = ::umask(027);
  write_file(folder / "out", "x");
  ::umask(mask);
  struct stat status {};
  ASSERT_EQ(::stat((folder / "out").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

TEST(OutputFile, LeavesNothingUnlessCommitted) {
  const TemporaryFolder folder;
  const long before = open_descriptors();
  {
    OutputFile file(folder / "out", false);
    file.write(std::string(3 << 20, 'x'));
  }
  EXPECT_EQ(folder.entries(), 0);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(OutputFile, ReplacesOnlyWhenAllowed) {
  const TemporaryFolder folder;
  write_file(folder / "out", "old");
  expect_error(ErrorKind::usage, "out: exists already", [&] { write_file(folder / "out", "new"); });
  EXPECT_EQ(read_bytes(folder / "out"), "old");
  write_file(folder / "out", "new", true);
  EXPECT_EQ(read_bytes(folder / "out"), "new");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(OutputFile, DoesNotReplaceAFileThatAppearedMeanwhile) {
  const TemporaryFolder folder;
  OutputFile file(folder / "out", false);
  file.write("mine");
  write_bytes(folder / "out", "theirs");
  expect_error(ErrorKind::usage, "exists already", [&] { file.commit(); });
  EXPECT_EQ(read_bytes(folder / "out"), "theirs");
}

TEST(OutputFile, FollowsALink) {
  const TemporaryFolder folder;
  write_file(folder / "target", "old");
  std::filesystem::create_symlink("target", folder / "link");
  write_file(folder / "link", "new", true);
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(read_bytes(folder / "target"), "new");
}

TEST(OutputFile, TakesNamesOfTheGreatestLength) {
  const TemporaryFolder folder;
  write_file(folder / std::string(255, 'n'), "x");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(OutputFile, RefusesAFolder) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::usage, "is a folder", [&] { OutputFile file(folder.path(), true); });
  expect_error(ErrorKind::usage, "is a folder", [&] { OutputFile file(folder / "out/", true); });
}

TEST(OutputFile, NeedsAFolderThatExists) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::resource, "out: cannot be written",
               [&] { OutputFile file(folder / "missing/out", false); });
}

TEST(OutputFile, ReportsAFullDevice) {
  const long before = open_descriptors();
  expect_error(ErrorKind::resource, "/dev/full: writing failed: No space left on device",
               [] { write_file("/dev/full", "x"); });
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
  EXPECT_EQ(open_descriptors(), before);
}

TEST(OutputFile, LeavesNothingWhenWritingFails) {
  const TemporaryFolder folder;
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1000, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  expect_error(ErrorKind::resource, "out: writing failed: File too large; nothing was written",
               [&] { write_file(folder / "out", std::string(1001, 'x')); });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(folder.entries(), 0);
}

TEST(OutputFile, WritesToADeviceAsItIs) {
  write_file("/dev/null", "x");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(CheckWritable, FindsOutBeforeTheWork) {
  const TemporaryFolder folder;
  write_bytes(folder / "there", "x");
  check_writable(folder / "new", false);
  check_writable(folder / "there", true);
  check_writable("/dev/null", false);
  expect_error(ErrorKind::usage, "exists already",
               [&] { check_writable(folder / "there", false); });
  expect_error(ErrorKind::resource, "missing",
               [&] { check_writable(folder / "missing/new", false); });
}

}  // namespace
}  // namespace arete
