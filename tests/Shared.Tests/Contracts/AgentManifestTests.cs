using System.Security.Cryptography;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Tests.Contracts;

public sealed class AgentManifestTests
{
    private static readonly Digest s_digest = Digest.Of("a file"u8);

    [Fact]
    public void Manifest_WithoutARequiredFile_IsRefused() =>
        Assert.Throws<WireFormatException>(() => AgentManifest.Decode(Of(AgentFiles.Agent, AgentFiles.Sqlite, AgentFiles.Vmm).Encode()));

    [Fact]
    public void Manifest_WithAFileTwice_IsRefused() =>
        Assert.Throws<WireFormatException>(() => AgentManifest.Decode(Of([.. AgentFiles.Required, AgentFiles.Vmm]).Encode()));

    [Theory]
    [InlineData("../microvm-agent")]
    [InlineData("/etc/passwd")]
    [InlineData("")]
    public void Manifest_WithAnotherName_IsRefused(string name) =>
        Assert.Throws<WireFormatException>(() => AgentManifest.Decode(Of([.. AgentFiles.Required, name]).Encode()));

    [Fact]
    public void Manifest_SignedForAnArchitecture_OpensForNoOtherAndAsNothingElse()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[][] trusted = [key.ExportSubjectPublicKeyInfo()];
        byte[] manifest = Of([.. AgentFiles.Required]).Encode();
        byte[] message = SignedMessage.Sign(key, SignedPurpose.AgentRelease, MachineArchitecture.X64, manifest);

        Assert.Equal(manifest, SignedMessage.Open(message, trusted, SignedPurpose.AgentRelease, MachineArchitecture.X64));
        Assert.Throws<SignatureException>(() => SignedMessage.Open(message, trusted, SignedPurpose.AgentRelease, MachineArchitecture.Arm64));
        Assert.Throws<SignatureException>(() => SignedMessage.Open(message, trusted, SignedPurpose.Desired, MachineArchitecture.X64));
    }

    private static AgentManifest Of(params string[] names) => new(
        ReleaseVersion.Parse("1.2.3"), MachineArchitecture.X64, s_digest, 1, [.. names.Select(static name => new AgentFile(name, 1, s_digest))]);
}
