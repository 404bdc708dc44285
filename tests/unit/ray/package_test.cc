// SPDX-License-Identifier: Apache-2.0
#include "ray/package.h"

#include <gtest/gtest.h>

#include "ray/path.h"

namespace raykeep::ray {
namespace {

constexpr std::string_view kName = "_ray_pkg_763b90ccc5937aaf.zip";

TEST(OwnedPackageName, IsAPackageNameOfTheSameKind) {
  EXPECT_TRUE(is_package_name(owned_package_name("ann", kName)));
  EXPECT_TRUE(owned_package_name("ann", "_ray_pkg_763b90ccc5937aaf.tar.gz").ends_with(".tar.gz"));
}

TEST(OwnedPackageName, IsTheSameEveryTimeAndForEveryReplica) {
  EXPECT_EQ(owned_package_name("ann", kName), owned_package_name("ann", kName));
  EXPECT_EQ(owned_package_name("ann", kName), "_ray_pkg_f4e878dc4eef2262cdec27a687ae15df79039057.zip");
}

TEST(OwnedPackageName, IsNeverAnothers) {
  EXPECT_NE(owned_package_name("ann", kName), owned_package_name("bob", kName));
  EXPECT_NE(owned_package_name("ann", kName), owned_package_name("ann", "_ray_pkg_763b90ccc5937aae.zip"));
  EXPECT_NE(owned_package_name("ann", kName), owned_package_name("ann", "_ray_pkg_763b90ccc5937aaf.whl"));
  EXPECT_NE(owned_package_name("ann", owned_package_name("bob", kName)), owned_package_name("bob", kName))
      << "naming another's stored package leads into one's own names";
}

// SHA-1 of "hello", RFC 3174 style: known from any other program.
constexpr std::string_view kHello = "_ray_pkg_aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d.zip";

TEST(PackageCheck, FindsContentThatIsNotWhatANameOfFortyDigitsSays) {
  PackageCheck right(kHello);
  right.update("hel");
  right.update("lo");
  EXPECT_TRUE(right.matches());
  PackageCheck wrong(kHello);
  wrong.update("hellO");
  EXPECT_FALSE(wrong.matches());
  EXPECT_FALSE(PackageCheck(kHello).matches()) << "nothing came";
}

TEST(PackageCheck, ANameOfSixteenDigitsSaysNothingAboutTheFile) {
  PackageCheck check(kName);
  check.update("anything");
  EXPECT_TRUE(check.matches());
}

TEST(PackageUri, IsGcsWithAPackageName) {
  EXPECT_EQ(package_of_uri("gcs://_ray_pkg_763b90ccc5937aaf.zip"), kName);
  for (const std::string_view uri :
       {"gcs://x.zip", "gcs:///_ray_pkg_763b90ccc5937aaf.zip", "GCS://_ray_pkg_763b90ccc5937aaf.zip",
        "https://_ray_pkg_763b90ccc5937aaf.zip", "gcs://_ray_pkg_763b90ccc5937aaf.zip/../x"}) {
    EXPECT_EQ(package_of_uri(uri), std::nullopt) << uri;
  }
}

}  // namespace
}  // namespace raykeep::ray
