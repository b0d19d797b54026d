#include "arete/core/module.hpp"

#include <gtest/gtest.h>

#include <string>

#include "arete/core/version.hpp"
#include "core/expect_error.hpp"
#include "core/temporary_folder.hpp"

namespace arete {
namespace {

using test::expect_error;

// The folder of libarete_good.so, libarete_stale.so and libarete_empty.so.
const std::filesystem::path fixtures = ARETE_MODULE_FIXTURES;

TEST(Module, OfTheSameBuildIsLoadedOnce) {
  const ModuleTable& table = load_module("good", fixtures);
  EXPECT_STREQ(table.build_identifier, build_identifier());
  EXPECT_EQ(table.open_backend, nullptr);
  EXPECT_EQ(&load_module("good", fixtures), &table);
}

TEST(Module, OfAnotherBuildIsRefusedWithBothIdentifiers) {
  const auto load = [] { return &load_module("stale", fixtures); };
  expect_error(ErrorKind::unavailable, "0.0.1-of-another-build", load);
  expect_error(ErrorKind::unavailable, build_identifier(), load);
}

TEST(Module, ThatIsMissingSaysHowToGetIt) {
  const auto load = [] { return &load_module("parquet", fixtures); };
  expect_error(ErrorKind::unavailable, (fixtures / "libarete_parquet.so").string(), load);
  expect_error(ErrorKind::unavailable, "-DARETE_PARQUET=ON", load);
  expect_error(ErrorKind::unavailable, "package arete-parquet", load);
}

TEST(Module, IsLookedForBesideTheLibrary) {
  expect_error(ErrorKind::unavailable, "/libarete_no_such.so was looked for",
               [] { return &load_module("no_such"); });
}

TEST(Module, ThatCannotBeLoadedGivesTheReason) {
  const test::TemporaryFolder folder;
  test::write_bytes(folder / "libarete_text.so", "no library");
  expect_error(ErrorKind::unavailable,
               "cannot be loaded: ", [&] { return &load_module("text", folder.path()); });
}

TEST(Module, WithoutEntryPointIsRefused) {
  expect_error(ErrorKind::unavailable, "no entry point arete_module",
               [] { return &load_module("empty", fixtures); });
}

}  // namespace
}  // namespace arete
