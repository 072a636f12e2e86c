using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.Shared.Codecs;
using MicroVm.Shared.Contracts.Enrolment;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Identity;

/// <summary>Asks the control plane for certificates. A connection of its own each time: this happens a few times a year.</summary>
internal sealed class EnrolmentClient(AgentOptions options, IdentityStore identity, TimeProvider time)
{
    private const int MaxAnswerBytes = 64 << 10;
    private const int MaxProblemCharacters = 300;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    /// <summary>Asks to be let in.</summary>
    /// <returns>The answer; without a certificate when an operator has to approve first.</returns>
    /// <exception cref="EnrolmentException">It was refused, or nobody answered.</exception>
    internal async Task<EnrolmentAnswer> EnrolAsync(CancellationToken cancellation)
    {
        EnrolmentOptions how = options.Enrolment
            ?? throw new EnrolmentException("this device is not enrolled: expected 'enrolment' in the configuration, found none");
        EnrolmentToken? token = how.ReadToken();
        using X509Certificate2? manufactured = how.ReadManufacturerCertificate();
        IReadOnlyList<byte[]> authorities = token is not null ? [await FetchPinnedAsync(token, cancellation)] : how.ReadAuthorities();
        return await AskAsync(
            authorities,
            manufactured,
            EnrolmentPaths.Devices,
            new EnrolmentAsk(options.DeviceId.Value, token?.ToString() ?? "", MakeSigningRequest()),
            EnrolmentJsonContext.Default.EnrolmentAsk,
            cancellation);
    }

    /// <summary>Asks for a new certificate for the same key, with the one that the device has.</summary>
    /// <exception cref="EnrolmentException">It was refused, or nobody answered.</exception>
    internal Task<EnrolmentAnswer> RenewAsync(CancellationToken cancellation)
    {
        AgentIdentity current = identity.Current ?? throw new EnrolmentException("there is no certificate to renew");
        return AskAsync(
            current.Trust.Authorities,
            current.Certificate,
            EnrolmentPaths.Renew,
            new RenewalAsk(MakeSigningRequest()),
            EnrolmentJsonContext.Default.RenewalAsk,
            cancellation);
    }

    private static async Task<string> DescribeAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        string body = await response.Content.ReadAsStringAsync(cancellation);
        try
        {
            using JsonDocument problem = JsonDocument.Parse(body);
            string detail = problem.RootElement.GetProperty("detail").GetString() ?? "";
            return $"{(int)response.StatusCode} {ShortText.Of(detail, MaxProblemCharacters)}";
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"{(int)response.StatusCode} {response.ReasonPhrase}";
        }
    }

    private static async Task<T> GuardAsync<T>(Uri address, Func<Task<T>> body, CancellationToken cancellation)
    {
        try
        {
            return await body();
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or CryptographicException
            || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new EnrolmentException($"{address}: {(e.GetBaseException() is var cause && cause is OperationCanceledException ? "no answer in time" : cause.Message)}", e);
        }
    }

    private string MakeSigningRequest()
    {
        using ECDsa key = identity.OpenKey();
        return new CertificateRequest($"CN={options.DeviceId}", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
    }

    /// <summary>
    /// The authority whose certificate has the token's pin, fetched over a connection that proves nothing: the pin does. The token
    /// is not shown on it.
    /// </summary>
    private Task<byte[]> FetchPinnedAsync(EnrolmentToken token, CancellationToken cancellation)
    {
        Uri address = new(options.ControlPlane.ApiUrl, EnrolmentPaths.Authorities);
        return GuardAsync(
            address,
            async () =>
            {
#pragma warning disable CA5359 // What comes over this connection is compared with the pin.
                using HttpClient http = MakeClient(static (_, _, _, _) => true, null);
#pragma warning restore CA5359
                string pem = await http.GetStringAsync(address, cancellation);
                X509Certificate2Collection offered = [];
                offered.ImportFromPem(pem);
                byte[]? pinned = offered.Select(static one => one.RawData).FirstOrDefault(der => EnrolmentToken.PinOf(der) == token.AuthorityPin);
                return pinned ?? throw new EnrolmentException(
                    $"{address}: expected the authority that the token names ({token.AuthorityPin}), found others: the token is of another control plane, or somebody is between");
            },
            cancellation);
    }

    private Task<EnrolmentAnswer> AskAsync<T>(
        IReadOnlyList<byte[]> authorities, X509Certificate2? certificate, string path, T ask, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        Uri address = new(options.ControlPlane.ApiUrl, path);
        return GuardAsync(
            address,
            async () =>
            {
                using HttpClient http = MakeClient(
                    (_, shown, _, errors) => ServerTrust.Require(shown, errors, authorities, time.GetUtcNow()), certificate);
                using ByteArrayContent body = new(JsonSerializer.SerializeToUtf8Bytes(ask, type));
                body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                using HttpResponseMessage response = await http.PostAsync(address, body, cancellation);
                return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Accepted
                    ? JsonSerializer.Deserialize(
                        await response.Content.ReadAsByteArrayAsync(cancellation), EnrolmentJsonContext.Default.EnrolmentAnswer)!
                    : throw new EnrolmentException($"{address}: {await DescribeAsync(response, cancellation)}");
            },
            cancellation);
    }

    private static HttpClient MakeClient(RemoteCertificateValidationCallback validate, X509Certificate2? certificate)
    {
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            ConnectTimeout = s_timeout,
            UseCookies = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                CertificateChainPolicy = ServerTrust.Policy([]),
                RemoteCertificateValidationCallback = validate,
                LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate!,
            },
        };
        return new HttpClient(handler) { Timeout = s_timeout, MaxResponseContentBufferSize = MaxAnswerBytes };
    }
}
