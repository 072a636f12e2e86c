using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms.Guest;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Desired;

public sealed class DesiredSecretsTests : IDisposable
{
    private static readonly ResourceName s_password = ResourceName.Parse("password");

    private readonly TempDirectory _directory = new();
    private readonly MemoryStore _store = new();
    private readonly AgentOptions _options;
    private readonly IdentityStore _identity;

    public DesiredSecretsTests()
    {
        _options = TestOptions.In(_directory);
        _identity = TestIdentity.Open(_options);
    }

    [Fact]
    public void Open_SealedToThisDevice_IsInClearWhereTheVmWantsIt()
    {
        DesiredSecrets secrets = Holding(Seal(_options.DeviceId, 2, "s3cret"u8));
        VmSpec spec = Wanting(new SecretMount(s_password, 2, "PASSWORD", ""), new SecretMount(s_password, 2, "", "/run/secrets/password"));

        IReadOnlyList<GuestSecret> opened = secrets.Open(spec);

        Assert.Equal([("PASSWORD", ""), ("", "/run/secrets/password")], opened.Select(one => (one.Variable, one.Path)));
        Assert.All(opened, one => Assert.Equal("s3cret"u8, one.Value));
        Assert.DoesNotContain("s3cret", string.Join(' ', opened), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OtherVersionHeld_NamesTheOneThatIsMissing() => Refused(
        "secret password: expected version 3 in the desired state, found none",
        Holding(Seal(_options.DeviceId, 2, "x"u8)),
        new SecretMount(s_password, 3, "PASSWORD", ""));

    [Fact]
    public void Open_SealedToAnotherDevice_IsRefused() => Refused(
        "secret password: expected version 2 sealed to this device's key, found one that it does not open",
        Holding(Seal(DeviceId.Parse("another"), 2, "x"u8)),
        new SecretMount(s_password, 2, "PASSWORD", ""));

    [Theory]
    [InlineData("ff")]
    [InlineData("6100")]
    public void Open_BytesThatNoVariableCanHold_AreRefusedForAVariableAndGivenAsAFile(string hex)
    {
        DesiredSecrets secrets = Holding(Seal(_options.DeviceId, 2, Convert.FromHexString(hex)));

        Refused(
            "secret password: expected UTF-8 without NUL for the variable PASSWORD, found other bytes",
            secrets,
            new SecretMount(s_password, 2, "PASSWORD", ""));
        Assert.Equal(Convert.FromHexString(hex), secrets.Open(Wanting(new SecretMount(s_password, 2, "", "/key"))).Single().Value);
    }

    public void Dispose() => _directory.Dispose();

    private static void Refused(string expected, DesiredSecrets secrets, SecretMount mount) =>
        Assert.Equal(expected, Assert.Throws<SecretUnavailableException>(() => secrets.Open(Wanting(mount))).Message);

    private static VmSpec Wanting(params SecretMount[] mounts) => Specs.Vm() with { Secrets = mounts };

    private DesiredSecrets Holding(SealedSecret secret)
    {
        DesiredState state = Specs.State(1) with { Secrets = [secret] };
        byte[] document = state.Encode();
        _store.SaveDesired(new DesiredDocument(1, Digest.Of(document), document));
        DesiredIntake intake = new(_store, _identity, new Refusals(), new AgentCounters(), NullLogger.Instance);
        return new DesiredSecrets(intake, _identity, _options.DeviceId);
    }

    private SealedSecret Seal(DeviceId device, int version, ReadOnlySpan<byte> value)
    {
        using ECDsa own = _identity.OpenKey();
        using ECDiffieHellman key = ECDiffieHellman.Create(own.ExportParameters(includePrivateParameters: false));
        return SealedSecret.Seal(device, key, s_password, version, value);
    }
}
