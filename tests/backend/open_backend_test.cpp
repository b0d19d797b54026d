#include <gtest/gtest.h>

#include "arete/backend/backend.hpp"
#include "arete/core/error.hpp"

namespace arete {
namespace {

ErrorKind kind_of_failure(std::string_view device) {
  try {
    static_cast<void>(open_backend(device));
  } catch (const Error& error) {
    return error.kind();
  }
  return ErrorKind::internal;
}

TEST(OpenBackend, KnowsTheCpu) { EXPECT_EQ(open_backend("cpu")->name(), "cpu"); }

TEST(OpenBackend, SaysWhatAutoFound) {
  EXPECT_EQ(choose_backend("cpu").reason, "");
  const ChosenBackend chosen = choose_backend("auto");
  EXPECT_NE(chosen.reason, "");
  EXPECT_EQ(chosen.reason.starts_with("there is a GPU"), chosen.backend->name() != "cpu");
}

TEST(OpenBackend, RefusesNamesThatAreNone) {
  for (const auto* name : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "CPU"}) {
    EXPECT_EQ(kind_of_failure(name), ErrorKind::usage) << name;
  }
}

TEST(Backend, MemoryOfASessionThatCannotExistIsRefused) {
  SessionOptions options;
  options.features = std::size_t{1} << 33;
  options.classes = {"a", "b"};
  EXPECT_THROW(static_cast<void>(cpu_backend()->host_memory(options)), Error);
}

}  // namespace
}  // namespace arete
