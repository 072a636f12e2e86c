using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using MicroVm.Benchmarks.Measuring;
using MicroVm.Shared.Contracts.Enrolment;
using MicroVm.TestKit;

namespace MicroVm.Benchmarks.Identity;

/// <summary>How fast devices get in: enrolments over the API, and handshakes with a certificate at the gateway. Both ends on this machine.</summary>
internal sealed class IdentityBenchmark(string workFolder, Figures figures)
{
    private const int Devices = 200, Handshakes = 400, AtATime = 8;
    private const double GoalMicroseconds = 20_000;

    internal async Task RunAsync()
    {
        await using ControlPlaneProcess controlPlane = await ControlPlaneProcess.StartAsync(workFolder);
        string token = await controlPlane.EnrolmentTokenAsync(Devices + 1);
        using HttpClient http = controlPlane.NewHttp();
        X509Certificate2 first = await EnrolAsync(http, token, "bench-0");

        long began = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(1, Devices + 1, new ParallelOptions { MaxDegreeOfParallelism = AtATime }, async (i, _) => (await EnrolAsync(http, token, $"bench-{i}")).Dispose());
        figures.AtMost("enrolment, each, durable", Stopwatch.GetElapsedTime(began).TotalMicroseconds / Devices, GoalMicroseconds, " us");

        began = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, Handshakes, new ParallelOptions { MaxDegreeOfParallelism = AtATime }, async (_, _) => await ShakeAsync(controlPlane.MqttPort, first));
        figures.AtMost("handshake with a client certificate, each, both ends", Stopwatch.GetElapsedTime(began).TotalMicroseconds / Handshakes, GoalMicroseconds, " us");
        first.Dispose();
    }

    private static async Task<X509Certificate2> EnrolAsync(HttpClient http, string token, string device)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string request = new CertificateRequest($"CN={device}", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        using ByteArrayContent body = new(JsonSerializer.SerializeToUtf8Bytes(
            new EnrolmentAsk(device, token, request), EnrolmentJsonContext.Default.EnrolmentAsk));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpResponseMessage response = await http.PostAsync(EnrolmentPaths.Devices, body);
        response.EnsureSuccessStatusCode();
        EnrolmentAnswer answer = JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(), EnrolmentJsonContext.Default.EnrolmentAnswer)!;
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(answer.Certificate);
        return certificate.CopyWithPrivateKey(key);
    }

    private static async Task ShakeAsync(int port, X509Certificate2 certificate)
    {
        using TcpClient tcp = new();
        await tcp.ConnectAsync("127.0.0.1", port);
        await using SslStream stream = new(tcp.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = SslProtocols.Tls13,
            ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
            // The server's part is what is measured.
            RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null,
        });
    }
}
