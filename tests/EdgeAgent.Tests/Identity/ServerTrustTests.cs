using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MicroVm.EdgeAgent.Identity;
using MicroVm.Shared.Identity;
using MicroVm.TestKit;

namespace MicroVm.EdgeAgent.Tests.Identity;

public sealed class ServerTrustTests
{
    private static IReadOnlyList<byte[]> Authorities => TestFleet.Shared.Trust.Authorities;

    [Fact]
    public void Server_OfTheFleet_IsAccepted_AlsoByADeviceWhoseClockIsInThePast()
    {
        Assert.True(Accepts(TestFleet.Shared.Server, DateTimeOffset.UtcNow));
        Assert.True(Accepts(TestFleet.Shared.Server, DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public void Server_WhoseCertificateEnded_IsRefused() => Assert.False(Accepts(TestFleet.Shared.Server, DateTimeOffset.UtcNow.AddDays(91)));

    [Fact]
    public void Server_OfAnotherFleetOrADevice_IsRefused()
    {
        using TestFleet other = new();
        using X509Certificate2 device = TestFleet.Shared.IssueDevice(DeviceId.Parse("dev-2"));

        Assert.False(Accepts(other.Server, DateTimeOffset.UtcNow));
        Assert.False(Accepts(device, DateTimeOffset.UtcNow));
        Assert.False(ServerTrust.Accepts(TestFleet.Shared.Server, SslPolicyErrors.None, [], DateTimeOffset.UtcNow));
    }

    [Theory]
    [InlineData(SslPolicyErrors.RemoteCertificateNameMismatch)]
    [InlineData(SslPolicyErrors.RemoteCertificateNotAvailable)]
    public void Server_WithAnotherNameOrNoCertificate_IsRefused(SslPolicyErrors errors) => Assert.False(
        ServerTrust.Accepts(TestFleet.Shared.Server, errors, Authorities, DateTimeOffset.UtcNow));

    private static bool Accepts(X509Certificate2 certificate, DateTimeOffset now) =>
        ServerTrust.Accepts(certificate, SslPolicyErrors.RemoteCertificateChainErrors, Authorities, now);
}
