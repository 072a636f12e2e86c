using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit.Interop;

namespace MicroVm.TestKit;

/// <summary>A control plane on free loopback ports; it keeps ports and data when it is restarted.</summary>
public sealed class ControlPlaneProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_healthInterval = TimeSpan.FromMilliseconds(100);

    private readonly string _results;
    private readonly string _data;
    private readonly HttpClient _http;
    private Process? _process;
    private Task _reading = Task.CompletedTask;
    private int _starts;

    private ControlPlaneProcess(string results)
    {
        _results = results;
        _data = Path.Combine(results, "controlplane-data");
        ApiPort = FreePort.Take();
        MqttPort = FreePort.Take();
        // Health says nothing that would have to be believed, and the authority is not there before the first answer.
        _http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null },
        })
        {
            BaseAddress = Address,
            Timeout = TimeSpan.FromSeconds(5),
        };
    }

    /// <summary>Port of the API.</summary>
    public int ApiPort { get; }

    /// <summary>Port of the MQTT gateway.</summary>
    public int MqttPort { get; }

    /// <summary>Everything durable of it, which may be changed while it does not run.</summary>
    public string DataFolder => _data;

    /// <summary>Address of the API.</summary>
    public Uri Address => new($"https://127.0.0.1:{ApiPort}/");

    /// <summary>The first admin's token.</summary>
    public string AdminToken => File.ReadAllText(Path.Combine(_data, "admin.token")).Trim();

    /// <summary>File of the certificates that its own are of.</summary>
    public string AuthorityFile => Path.Combine(_data, "identity", "ca.pem");

    /// <summary>A client of the API with the first admin's token.</summary>
    public HttpClient NewHttp() => new(new SocketsHttpHandler { SslOptions = Tls() })
    {
        BaseAddress = Address,
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", AdminToken) },
    };

    /// <summary>Makes a token that lets a number of devices in.</summary>
    public async Task<string> EnrolmentTokenAsync(int uses = 1)
    {
        using HttpClient http = NewHttp();
        using HttpResponseMessage answer = await http.PostAsJsonAsync(
            ApiPaths.EnrolmentTokens, new EnrolmentTokenAsk(uses), ApiJsonContext.Default.EnrolmentTokenAsk).ConfigureAwait(false);
        answer.EnsureSuccessStatusCode();
        EnrolmentTokenView? token = await answer.Content.ReadFromJsonAsync(ApiJsonContext.Default.EnrolmentTokenView).ConfigureAwait(false);
        return token!.Token!;
    }

    /// <summary>What it writes, of this start.</summary>
    public LineLog Log { get; private set; } = new("control plane");

    /// <summary>Starts one with empty data.</summary>
    /// <param name="results">Folder for its data and logs, such as <see cref="Artifacts.ResultsFolder"/>.</param>
    public static async Task<ControlPlaneProcess> StartAsync(string results)
    {
        ControlPlaneProcess process = new(results);
        try
        {
            await process.StartAsync().ConfigureAwait(false);
            return process;
        }
        catch
        {
            await process.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts it again with the same ports and data, and returns when it is healthy.</summary>
    public async Task StartAsync()
    {
        if (_process is not null)
        {
            throw new InvalidOperationException("the control plane runs");
        }

        Log = new LineLog("control plane");
        ProcessStartInfo start = new(Artifacts.ControlPlane)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "--data", _data, "--listen", $"127.0.0.1:{ApiPort}", "--mqtt", $"127.0.0.1:{MqttPort}", "--name", "10.0.2.2" },
        };
        _starts++;
        _process = Process.Start(start) ?? throw new InvalidOperationException("the control plane did not start");
        _reading = Task.WhenAll(ReadAsync(_process.StandardOutput), ReadAsync(_process.StandardError));
        await WaitUntilHealthyAsync(_process).ConfigureAwait(false);
    }

    /// <summary>Ends it with SIGKILL.</summary>
    public Task KillAsync() => EndAsync(Libc.SigKill);

    /// <summary>Ends it with SIGTERM and returns its exit code; -1 when it does not run.</summary>
    public Task<int> StopAsync() => EndAsync(Libc.SigTerm);

    /// <summary>Ends it; data and log stay in the results.</summary>
    public async ValueTask DisposeAsync()
    {
        await KillAsync().ConfigureAwait(false);
        _http.Dispose();
    }

    private SslClientAuthenticationOptions Tls()
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(AuthorityFile);
        return new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
    }

    /// <summary>Health is about another process, so it is asked for; a process that ends is noticed at once.</summary>
    private async Task WaitUntilHealthyAsync(Process process)
    {
        using CancellationTokenSource limit = new(s_startLimit);
        using PeriodicTimer timer = new(s_healthInterval);
        Task exited = process.WaitForExitAsync();
        try
        {
            while (!await IsHealthyAsync(limit.Token).ConfigureAwait(false))
            {
                if (exited.IsCompleted)
                {
                    throw new InvalidOperationException($"the control plane ended with code {process.ExitCode}: {Log.LastSeen}");
                }

                await timer.WaitForNextTickAsync(limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            throw new PhaseTimeoutException("healthy control plane", s_startLimit, Log.LastSeen);
        }
    }

    private async Task<bool> IsHealthyAsync(CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage answer = await _http.GetAsync(new Uri("healthz", UriKind.Relative), cancellation).ConfigureAwait(false);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // Not there yet, or busy starting for longer than one answer may take.
            return false;
        }
    }

    private async Task<int> EndAsync(int signal)
    {
        if (_process is null)
        {
            return -1;
        }

        _ = Libc.kill(_process.Id, signal);
        try
        {
            await _process.WaitForExitAsync().WaitAsync(s_stopLimit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _process.Kill();
            throw new PhaseTimeoutException("end of the control plane", s_stopLimit, Log.LastSeen);
        }

        int code = _process.ExitCode;
        await _reading.ConfigureAwait(false);
        _process.Dispose();
        _process = null;
        await File.WriteAllLinesAsync(Path.Combine(_results, $"controlplane-{_starts}.log"), Log.Snapshot()).ConfigureAwait(false);
        return code;
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            Log.Add(line);
        }
    }
}
