#!/usr/bin/env bash
# Installs Terraform for CodeBuild, if it is the very file that buildspec.yml names.
#
#   TERRAFORM_VERSION                                  such as 1.14.8
#   TERRAFORM_SHA256_AMD64, TERRAFORM_SHA256_ARM64     of the zip for each kind of machine
#   BIN_DIR                                            where to; /usr/local/bin unless set
set -euo pipefail

case $(uname -m) in
x86_64) arch=amd64 sha256=$TERRAFORM_SHA256_AMD64 ;;
aarch64) arch=arm64 sha256=$TERRAFORM_SHA256_ARM64 ;;
*)
  echo "There is no checksum of Terraform for $(uname -m) in buildspec.yml." >&2
  exit 1
  ;;
esac

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

zip=terraform_${TERRAFORM_VERSION}_linux_$arch.zip
curl --fail --silent --show-error --location --retry 3 --output "$folder/$zip" \
  "https://releases.hashicorp.com/terraform/$TERRAFORM_VERSION/$zip"
sha256sum --check --strict --quiet <<<"$sha256  $folder/$zip"
unzip -q "$folder/$zip" terraform -d "$folder"
install -m 755 "$folder/terraform" "${BIN_DIR:-/usr/local/bin}/terraform"
