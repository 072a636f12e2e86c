using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using MicroVm.Benchmarks.Measuring;
using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.Benchmarks.Workloads;

/// <summary>
/// How long an operator waits: from an applied manifest to a workload whose readiness probe says yes, and for a program that is
/// run in it. Real control plane, broker, agent, VMM and a stock Debian kernel in a virtual device, all of it emulated where the
/// machine has no hardware virtualisation, so the goals are for that; there is no peer on the same machine.
/// </summary>
internal sealed class LatencyBenchmark(string workFolder, Figures figures)
{
    private const string Device = "bench-2";
    private const double ReadyGoalSeconds = 45;
    private const double ExecGoalSeconds = 1.5;
    private const int Rounds = 3;
    private const int Execs = 15;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    internal async Task RunAsync()
    {
        string results = Directory.CreateDirectory(Path.Combine(workFolder, "latency")).FullName;
        await using ControlPlaneProcess controlPlane = await ControlPlaneProcess.StartAsync(results);
        using HttpClient http = controlPlane.NewHttp();
        await MvmAsync(controlPlane, "images", "push", Artifacts.SampleImage, "--name", "hello:1");
        await using VirtualDevice device = await VirtualDevice.StartAsync(new VirtualDeviceOptions
        {
            Id = Device,
            ApiPort = controlPlane.ApiPort,
            MqttPort = controlPlane.MqttPort,
            EnrolmentToken = await controlPlane.EnrolmentTokenAsync(),
            Results = results,
        });
        await WaitAsync("the device is connected", http, static view => view.Online);

        List<double> ready = [];
        for (int round = 1; round <= Rounds; round++)
        {
            long began = Stopwatch.GetTimestamp();
            using HttpResponseMessage answer = await http.PostAsync(
                new Uri(ApiPaths.Apply, UriKind.Relative), new StringContent(Manifest(round), Encoding.UTF8, "application/yaml"));
            answer.EnsureSuccessStatusCode();
            await WaitAsync($"revision {round} is ready", http, view => view.Vms is [{ Ready: true } vm] && vm.Revision == round);
            ready.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        figures.AtMost("apply to ready, median of the first start and two replacements", Math.Round(Figures.Median(ready), 1), ReadyGoalSeconds, " s");
        List<double> execs = [];
        for (int i = 0; i < Execs; i++)
        {
            long began = Stopwatch.GetTimestamp();
            await MvmAsync(controlPlane, "exec", $"{Device}/bench", "--", "/bin/true");
            execs.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        figures.AtMost("mvm exec of /bin/true, start to end, median", Math.Round(Figures.Median(execs), 2), ExecGoalSeconds, " s");
        await device.PowerOffAsync();
        await controlPlane.StopAsync();
    }

    private static string Manifest(int round) =>
        $$"""
        apiVersion: microvm/v1
        kind: Deployment
        metadata: {name: bench}
        spec:
          selector:
            matchLabels:
              device: {{Device}}
          workload:
            kind: Service
            image: hello:1
            env: {ROUND: "{{round}}"}
            args: [/bin/httpd, -f, -p, "8080", -h, /tmp]
            terminationGracePeriod: 1s
            probes:
              readiness:
                tcp: {port: 8080}
                period: 1s
        """;

    private static async Task WaitAsync(string phase, HttpClient http, Func<DeviceView, bool> reached)
    {
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < s_limit)
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(ApiPaths.Device(Device), UriKind.Relative));
            if (answer.IsSuccessStatusCode && reached((await answer.Content.ReadFromJsonAsync(ApiJsonContext.Default.DeviceView))!))
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        throw new TimeoutException($"{phase}: not within {s_limit.TotalSeconds} s");
    }

    private static async Task MvmAsync(ControlPlaneProcess controlPlane, params string[] arguments)
    {
        ProcessStartInfo start = new(Artifacts.Mvm, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MVM_SERVER"] = controlPlane.Address.ToString().TrimEnd('/');
        start.Environment["MVM_TOKEN"] = controlPlane.AdminToken;
        start.Environment["MVM_CA"] = controlPlane.AuthorityFile;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"mvm {string.Join(' ', arguments)} ended with {process.ExitCode}: {await error}{await output}");
        }
    }
}
