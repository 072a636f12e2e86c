using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MicroVm.Benchmarks.Interop;
using MicroVm.Benchmarks.Measuring;
using MicroVm.Shared.Identity;
using MicroVm.TestKit;

namespace MicroVm.Benchmarks.Agent;

/// <summary>Resident memory of the agent after its start and after 1,000 reports (reported state and telemetry batches).</summary>
internal sealed class AgentBenchmark(string agent, string workFolder, Figures figures)
{
    private const int Reports = 1000;
    private const double GoalResidentKib = 24 << 10;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    internal async Task RunAsync()
    {
        DeviceId device = DeviceId.Parse("bench-1");
        int port = FreePort();
        await using PlayedGateway gateway = new(device, port);
        await gateway.StartAsync();
        int pid = ChildProcess.Start([agent, "--config", WriteConfig(device, port)]);
        try
        {
            await gateway.Hello.WaitAsync(s_limit);
            await gateway.NextReportAsync(s_limit);
            figures.AtMost("agent resident after start", ResidentKib(pid), GoalResidentKib, " KiB");
            for (int report = 0; report < Reports; report++)
            {
                await gateway.PushAsync();
                await gateway.NextReportAsync(s_limit);
            }

            figures.AtMost($"agent resident after {Reports} reports", ResidentKib(pid), GoalResidentKib, " KiB");
        }
        finally
        {
            ChildProcess.Kill(pid);
        }
    }

    private static double ResidentKib(int pid) => double.Parse(
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))["VmRSS:".Length..^"kB".Length],
        CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string WriteConfig(DeviceId device, int mqttPort)
    {
        string path = Path.Combine(workFolder, "agent.json");
        TestFleet.Shared.Install(Path.Combine(workFolder, "data"), device);
        File.WriteAllText(
            path,
            $$"""
            {"deviceId":"{{device}}","controlPlane":{"apiUrl":"https://127.0.0.1:1","mqttHost":"127.0.0.1","mqttPort":{{mqttPort}}},
            "dataDirectory":"{{Path.Combine(workFolder, "data")}}","runDirectory":"{{Path.Combine(workFolder, "run")}}"}
            """);
        return path;
    }
}
