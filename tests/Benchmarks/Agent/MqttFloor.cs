using System.Globalization;
using System.Security.Cryptography;
using MicroVm.Benchmarks.Interop;
using MicroVm.Shared.Identity;
using MicroVm.TestKit;

namespace MicroVm.Benchmarks.Agent;

/// <summary>
/// The least that a connected MQTT client takes: Debian's <c>mosquitto_sub</c>, in C, with the same certificate on the same
/// gateway. It does nothing of what an agent does.
/// </summary>
internal static class MqttFloor
{
    private const string Program = "/usr/bin/mosquitto_sub";
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30), s_settle = TimeSpan.FromSeconds(2);

    /// <summary>Its size on the disk with its library, in MB.</summary>
    internal static double DiskMb => new[] { Program, "/usr/lib/x86_64-linux-gnu/libmosquitto.so.1" }
        .Sum(static file => new FileInfo(File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file).Length) / 1e6;

    /// <summary>Its resident memory in KiB once it is connected.</summary>
    internal static async Task<double> ResidentKibAsync(PlayedGateway gateway, string folder, int port)
    {
        DeviceId device = DeviceId.Parse("bench-floor");
        TestFleet.Shared.Install(folder, device);
        string identity = Path.Combine(folder, "identity"), authority = Path.Combine(folder, "ca.pem");
        await File.WriteAllTextAsync(
            authority, string.Concat(TestFleet.Shared.Trust.Authorities.Select(static der => PemEncoding.WriteString("CERTIFICATE", der) + "\n")));
        int before = gateway.Clients;
        int pid = ChildProcess.Start(
        [
            Program, "-h", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture), "-V", "mqttv5", "-i", device.Value, "-t", $"mvm/1/d/{device}/down/+",
            "--cafile", authority, "--cert", Path.Combine(identity, "device.crt"), "--key", Path.Combine(identity, "device.key"),
        ]);
        try
        {
            using CancellationTokenSource late = new(s_limit);
            while (gateway.Clients == before)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), late.Token);
            }

            await Task.Delay(s_settle);
            return AgentUnderTest.ResidentKibOf(pid);
        }
        finally
        {
            ChildProcess.Kill(pid);
        }
    }
}
