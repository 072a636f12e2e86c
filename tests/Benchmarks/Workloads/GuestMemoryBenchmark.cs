using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using MicroVm.Benchmarks.Measuring;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.TestKit;

namespace MicroVm.Benchmarks.Workloads;

/// <summary>
/// What a guest of 32 MiB with the small kernel has left for its workload: <c>MemAvailable</c> as init reports it while the
/// workload runs. The guest runs in a virtual device; this program plays its agent.
/// </summary>
internal sealed class GuestMemoryBenchmark(string root, string artifacts, string workFolder, Figures figures)
{
    private const int MemoryMib = 32;
    private const double GoalMib = 20;
    private const double BytesPerMib = 1 << 20;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    internal async Task RunAsync()
    {
        string media = Path.Combine(workFolder, "media.squashfs");
        await MakeMediaAsync(media);
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        await using VirtualDevice device = await VirtualDevice.StartAsync(new VirtualDeviceOptions
        {
            Id = "bench", ApiPort = 1, MqttPort = 1, Results = workFolder, MemoryMib = 1024, Media = media, HasAgent = false,
        });
        (await device.RunAsync(Start(((IPEndPoint)listener.LocalEndpoint).Port))).Succeeded();
        try
        {
            using TcpClient guest = await listener.AcceptTcpClientAsync().WaitAsync(s_limit);
            GuestMetrics metrics = await MeasureAsync(guest.GetStream()).WaitAsync(s_limit);
            figures.AtLeast($"guest memory left in {MemoryMib} MiB", Math.Round(metrics.MemoryAvailableBytes / BytesPerMib, 1), GoalMib, " MiB");
        }
        catch (TimeoutException)
        {
            string console = (await device.RunAsync("tail -n 3 /tmp/guest/console")).Output;
            figures.Lost($"guest memory left in {MemoryMib} MiB", $"the guest did not report; its console ends with: {console.ReplaceLineEndings(" | ")}");
        }
    }

    private static string Start(int port) =>
        $$"""
        mkdir -p /tmp/guest; cd /tmp/guest
        cat >vm.json <<'JSON'
        {
          "boot-source": {"kernel_image_path": "/media/vmlinux",
                          "boot_args": "console=ttyS0 quiet panic=-1 pci=off rootfstype=squashfs init=/init"},
          "drives": [{"drive_id": "init", "path_on_host": "/media/init.squashfs", "is_root_device": true, "is_read_only": true},
                     {"drive_id": "image", "path_on_host": "/media/workload.squashfs", "is_root_device": false, "is_read_only": true}],
          "machine-config": {"vcpu_count": 1, "mem_size_mib": {{MemoryMib}}},
          "vsock": {"guest_cid": 3, "uds_path": "v.sock"}
        }
        JSON
        setsid /media/bin/socat UNIX-LISTEN:v.sock_{{GuestChannel.Port}},fork TCP:10.0.2.2:{{port}} >/dev/null 2>&1 </dev/null &
        until [ -S v.sock_{{GuestChannel.Port}} ]; do usleep 10000; done
        setsid microvm-vmm --no-api --config-file vm.json >console 2>&1 </dev/null &
        """;

    /// <summary>The second sample: the first may be of the time when the workload's program was only being started.</summary>
    private static async Task<GuestMetrics> MeasureAsync(NetworkStream guest)
    {
        GuestConfig config = new(new ProcessSpec(["sleep", "1000"], new Dictionary<string, string> { ["PATH"] = "/bin" }, "/", ""), "bench", 1);
        for (int samples = 0; ;)
        {
            byte[] header = new byte[GuestChannel.HeaderBytes];
            await guest.ReadExactlyAsync(header);
            byte[] body = new byte[GuestChannel.ReadLength(header)];
            await guest.ReadExactlyAsync(body);
            switch (GuestMessage.Decode(body))
            {
                case GuestHello:
                    await guest.WriteAsync(GuestChannel.Frame(config));
                    break;
                case GuestMetrics metrics when ++samples == 2:
                    return metrics;
                case GuestExited exited:
                    throw new InvalidOperationException($"the workload ended with {exited.ExitCode}: {exited.Message}");
                default:
                    break;
            }
        }
    }

    private async Task MakeMediaAsync(string media)
    {
        using Process script = Process.Start("bash", [Path.Combine(root, "tests/Benchmarks/Workloads/media.sh"), media, Path.Combine(artifacts, "microvm-init")]);
        await script.WaitForExitAsync();
        if (script.ExitCode != 0)
        {
            throw new InvalidOperationException($"media.sh ended with exit code {script.ExitCode}");
        }
    }
}
