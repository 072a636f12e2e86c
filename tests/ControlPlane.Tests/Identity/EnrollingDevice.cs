using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Enrolment;
using MicroVm.Shared.Contracts.Identity;

namespace MicroVm.ControlPlane.Tests.Identity;

/// <summary>A device that goes in through the door: the enrolment API.</summary>
internal sealed class EnrollingDevice(RunningControlPlane controlPlane, string id) : IDisposable
{
    internal ECDsa Key { get; init; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    internal X509Certificate2? Certificate { get; private set; }

    internal TrustBundle? Trust { get; private set; }

    internal static async Task<EnrolmentTokenView> TokenAsync(RunningControlPlane controlPlane, EnrolmentTokenAsk ask)
    {
        using HttpResponseMessage response = await controlPlane.Http.PostAsJsonAsync(
            ApiPaths.EnrolmentTokens, ask, ApiJsonContext.Default.EnrolmentTokenAsk).Within("token");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync(ApiJsonContext.Default.EnrolmentTokenView))!;
    }

    internal async Task<HttpResponseMessage> AskAsync(string token, string? commonName = null, X509Certificate2? manufactured = null)
    {
        using HttpClient http = controlPlane.NewHttp(null, manufactured);
        return await http.PostAsJsonAsync(
            EnrolmentPaths.Devices,
            new EnrolmentAsk(id, token, FakeIdentity.Request(Key, commonName ?? id)),
            EnrolmentJsonContext.Default.EnrolmentAsk).Within($"enrolment of {id}");
    }

    /// <summary>Enrols; fails the test when it is refused.</summary>
    internal async Task<EnrollingDevice> EnrolAsync(string token)
    {
        using HttpResponseMessage response = await AskAsync(token);
        await KeepAsync(response);
        return this;
    }

    internal async Task<HttpResponseMessage> TryRenewAsync(ECDsa? key = null)
    {
        using HttpClient http = controlPlane.NewHttp(null, Certificate);
        return await http.PostAsJsonAsync(
            EnrolmentPaths.Renew, new RenewalAsk(FakeIdentity.Request(key ?? Key, id)), EnrolmentJsonContext.Default.RenewalAsk).Within($"renewal of {id}");
    }

    internal async Task KeepAsync(HttpResponseMessage response)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{response.StatusCode}: {text}");
        EnrolmentAnswer answer = (await response.Content.ReadFromJsonAsync(EnrolmentJsonContext.Default.EnrolmentAnswer))!;
        Certificate?.Dispose();
        Certificate = FakeIdentity.Join(X509Certificate2.CreateFromPem(answer.Certificate).RawData, Key);
        Trust = TrustBundle.Decode(answer.Trust);
    }

    public void Dispose()
    {
        Certificate?.Dispose();
        Key.Dispose();
    }
}
