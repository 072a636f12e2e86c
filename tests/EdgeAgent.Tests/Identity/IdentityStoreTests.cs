using System.Security.Cryptography;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Identity;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;
using MicroVm.TestKit;

namespace MicroVm.EdgeAgent.Tests.Identity;

public sealed class IdentityStoreTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly AgentOptions _options;

    public IdentityStoreTests() => _options = TestOptions.In(_directory);

    [Fact]
    public void Open_WhatWasInstalled_IsTheIdentity()
    {
        IdentityStore identity = TestIdentity.Open(_options);

        Assert.Equal("CN=dev-1", identity.Current!.Certificate.Subject);
        Assert.True(identity.Enrolled.IsCompleted);
        Assert.True(identity.Current.IsOfNewestAuthority);
    }

    [Theory]
    [InlineData("device.key")]
    [InlineData("device.crt")]
    [InlineData("trust.cbor")]
    public void Open_WithAPartMissingOrCorrupt_IsNotEnrolled(string file)
    {
        File.WriteAllText(Path.Combine(_options.DataDirectory, "identity", file), "corrupt");

        IdentityStore identity = TestIdentity.Open(_options);

        Assert.Null(identity.Current);
        Assert.False(identity.Enrolled.IsCompleted);
        Assert.Throws<SignatureException>(() => identity.OpenDesired(TestFleet.Shared.SignDesired(_options.DeviceId, [1])));
    }

    [Fact]
    public void Key_IsMadeOnceWithModeOwnerOnly()
    {
        Directory.Delete(Path.Combine(_options.DataDirectory, "identity"), recursive: true);
        IdentityStore identity = TestIdentity.Open(_options);

        using ECDsa first = identity.OpenKey(), second = identity.OpenKey();

        Assert.Equal(first.ExportSubjectPublicKeyInfo(), second.ExportSubjectPublicKeyInfo());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_options.DataDirectory, "identity", "device.key")));
    }

    [Fact]
    public void Key_ThatCannotBeReadNow_IsNotReplaced()
    {
        IdentityStore identity = TestIdentity.Open(_options);
        string path = Path.Combine(_options.DataDirectory, "identity", "device.key");
        string key = File.ReadAllText(path);
        // A loop of links is an error of input and output, whoever reads.
        File.Move(path, path + ".kept");
        File.CreateSymbolicLink(path, path);

        Assert.ThrowsAny<IOException>(identity.OpenKey);

        File.Delete(path);
        File.Move(path + ".kept", path);
        using ECDsa same = identity.OpenKey();
        Assert.Equal(key, File.ReadAllText(path));
    }

    [Fact]
    public void Desired_SignedForAnotherDeviceOrByAnotherFleet_IsRefused()
    {
        IdentityStore identity = TestIdentity.Open(_options);
        using TestFleet other = new();

        Assert.Equal([7], identity.OpenDesired(TestFleet.Shared.SignDesired(_options.DeviceId, [7])));
        Assert.Throws<SignatureException>(() => identity.OpenDesired(TestFleet.Shared.SignDesired(DeviceId.Parse("dev-2"), [7])));
        Assert.Throws<SignatureException>(() => identity.OpenDesired(other.SignDesired(_options.DeviceId, [7])));
        Assert.Throws<SignatureException>(() => identity.OpenDesired(new byte[] { 7 }));
    }

    [Fact]
    public void Trust_LaterBundle_IsKept_EarlierOneIsNot()
    {
        IdentityStore identity = TestIdentity.Open(_options);
        using ECDsa next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        TrustBundle later = TestFleet.Shared.Trust with { Version = 5, SigningKeys = [next.ExportSubjectPublicKeyInfo()] };

        identity.Trust(later.Encode());
        identity.Trust((later with { Version = 4, SigningKeys = TestFleet.Shared.Trust.SigningKeys }).Encode());

        byte[] message = SignedMessage.Sign(next, SignedPurpose.Desired, "dev-1", [9]);
        Assert.Equal([9], TestIdentity.Open(_options).OpenDesired(message));
        Assert.Equal(5UL, identity.Current!.Trust.Version);
    }

    [Fact]
    public void Command_ForAnEarlierKeyOfThisDevice_IsRefused()
    {
        IdentityStore identity = TestIdentity.Open(_options);
        byte[] command = new DeviceCommand(Guid.NewGuid(), CommandKind.Decommission, []).Encode();

        Assert.Equal(command, identity.OpenCommand(
            TestFleet.Shared.SignCommand(DeviceCommand.Audience(_options.DeviceId, identity.Current!.KeyDigest), command)));
        Assert.Throws<SignatureException>(() => identity.OpenCommand(
            TestFleet.Shared.SignCommand(DeviceCommand.Audience(_options.DeviceId, Digest.Of("the key before"u8)), command)));
    }

    public void Dispose() => _directory.Dispose();
}
