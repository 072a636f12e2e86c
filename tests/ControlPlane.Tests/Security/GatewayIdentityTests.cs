using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroVm.ControlPlane.Host.Identity;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Topics;
using MQTTnet;
using MQTTnet.Packets;

namespace MicroVm.ControlPlane.Tests.Security;

/// <summary>Who is somebody else, or nobody.</summary>
public sealed class GatewayIdentityTests
{
    public static TheoryData<string> OtherIds => new(
        "+", "#", "a/b", "", "edge-1\0", "\0", new string('a', 65), "EDGE-1", "edge-1 ", " edge-1", "edge\u20101", "\u0435dge-1", "edge-1\u200b",
        "edge-\uff11", "edge-2", "$SYS", "../edge-1");

    [Theory]
    [MemberData(nameof(OtherIds))]
    public async Task Connect_WithAnIdThatIsNotTheCertificates_IsRefused(string id)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using RawMqtt raw = await RawMqtt.OpenAsync(controlPlane);

        await raw.SendAsync(new MqttConnectPacket { ClientId = id, CleanSession = true, KeepAlivePeriod = 60 });

        Assert.True(await raw.IsClosedAsync());
        Assert.Empty(controlPlane.Services.ConnectedDevices());
        Assert.Equal(0, controlPlane.Counters.Uplinks);
    }

    [Fact]
    public async Task CertificateOfA_ConnectingAsB_IsRefusedAndBKeepsItsConnection()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice victim = await new FakeDevice("edge-2").StartAsync(controlPlane);
        using IMqttClient thief = new MqttClientFactory().CreateMqttClient();

        MqttClientConnectResult result = await FakeDevice.TryConnectAsync(thief, controlPlane, "edge-2", device: "edge-1");

        Assert.Equal(MqttClientConnectResultCode.NotAuthorized, result.ResultCode);
        Assert.Empty(await victim.DrainAsync());
        Assert.Equal(0, controlPlane.Counters.TakeOvers);
    }

    [Theory]
    [InlineData("user", null)]
    [InlineData("", null)]
    [InlineData("", "")]
    [InlineData("edge-1", "secret")]
    public async Task Connect_WithCredentialsBesideTheCertificate_IsRefused(string user, string? password)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using RawMqtt raw = await RawMqtt.OpenAsync(controlPlane);

        await raw.SendAsync(new MqttConnectPacket
        {
            ClientId = "edge-1",
            CleanSession = true,
            KeepAlivePeriod = 60,
            Username = user,
            Password = password is null ? null : System.Text.Encoding.UTF8.GetBytes(password),
        });

        Assert.True(await raw.IsClosedAsync());
        Assert.Equal(1, controlPlane.Counters.ConnectsRefused);
    }

    [Fact]
    public async Task Handshake_WithoutACertificate_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();

        Assert.True(await IsRefusedAsync(controlPlane, null));
    }

    [Fact]
    public async Task Handshake_WithACertificateOfAnotherAuthority_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        FakeIdentity known = await controlPlane.IdentityOfAsync("edge-1");
        using ECDsa otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = Authority.SelfSign("authority-1", otherKey, DateTimeOffset.UtcNow);
        using Authority other = new("other", certificate, otherKey);
        using X509Certificate2 forged = FakeIdentity.Join(
            other.IssueDevice("edge-1", known.Key.ExportSubjectPublicKeyInfo(), DateTimeOffset.UtcNow, TimeSpan.FromDays(1)).Bytes, known.Key);

        Assert.True(await IsRefusedAsync(controlPlane, forged));
        Assert.Equal(1, controlPlane.Counters.CertificatesRefused);
    }

    [Fact]
    public async Task Handshake_WithACertificateOfTheFleetForAnUnknownDeviceOrAnotherKey_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await controlPlane.IdentityOfAsync("edge-1");
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] publicKey = key.ExportSubjectPublicKeyInfo();
        using X509Certificate2 unknown = FakeIdentity.Join(controlPlane.Fleet.Issue("edge-9", publicKey).Bytes, key);
        using X509Certificate2 otherKey = FakeIdentity.Join(controlPlane.Fleet.Issue("edge-1", publicKey).Bytes, key);

        Assert.True(await IsRefusedAsync(controlPlane, unknown));
        Assert.True(await IsRefusedAsync(controlPlane, otherKey));
    }

    [Fact]
    public async Task Handshake_WithTls12_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        FakeIdentity identity = await controlPlane.IdentityOfAsync("edge-1");

        Assert.True(await IsRefusedAsync(controlPlane, identity.Certificate, SslProtocols.Tls12));
    }

    [Fact]
    public async Task Revocation_OfAConnectedDevice_EndsConnectionSessionQueueAndWill()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice watcher = await new FakeDevice("edge-2").StartAsync(controlPlane);
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
        client.DisconnectedAsync += _ =>
        {
            gone.TrySetResult();
            return Task.CompletedTask;
        };
        await FakeDevice.TryConnectAsync(client, controlPlane, "edge-1", options => options
            .WithWillTopic("mvm/1/d/edge-2/down/desired").WithWillPayload("boo").WithWillRetain(true));
        long uplinks = controlPlane.Counters.Uplinks;

        using HttpResponseMessage revoked = await controlPlane.SendAsync(HttpMethod.Post, "/api/v1/identities/edge-1/revoke");

        Assert.True(revoked.IsSuccessStatusCode);
        await gone.Task.Within("end of the revoked connection");
        Assert.True(await IsRefusedAsync(controlPlane, (await controlPlane.IdentityOfAsync("edge-1")).Certificate));
        Assert.Empty(await watcher.DrainAsync());
        Assert.Equal(uplinks + 1, controlPlane.Counters.Uplinks);
        Assert.Equal(["edge-2"], controlPlane.Services.ConnectedDevices());
    }

    [Fact]
    public async Task Revocation_OfAHandshakeThatSaidNothingYet_EndsIt()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using RawMqtt silent = await RawMqtt.OpenAsync(controlPlane);
        // The handshake is over for the server when it acted on the first packet; this one is never finished.
        await silent.SendAsync([0x10]);

        using HttpResponseMessage revoked = await controlPlane.SendAsync(HttpMethod.Post, "/api/v1/identities/edge-1/revoke");

        Assert.True(await silent.IsClosedAsync());
    }

    private static async Task<bool> IsRefusedAsync(
        RunningControlPlane controlPlane, X509Certificate2? certificate, SslProtocols protocols = SslProtocols.Tls13)
    {
        using System.Net.Sockets.TcpClient tcp = new();
        await tcp.ConnectAsync(controlPlane.Mqtt);
        await using SslStream stream = new(tcp.GetStream());
        try
        {
            await stream.AuthenticateAsClientAsync(TestTls.Options(controlPlane.Fleet, certificate, protocols)).Within("handshake");
            // With TLS 1.3 the client is through before the server has judged its certificate.
            await stream.WriteAsync(new byte[] { 0x10, 0x00 });
            return await stream.ReadAsync(new byte[1]).AsTask().Within("end of the handshake") == 0;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return true;
        }
    }
}
