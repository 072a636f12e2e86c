using System.Text.Json.Nodes;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Guests;

/// <summary>
/// One guest with every device and the newest kernel. Tests use it in any order and leave it as it was; what they write is theirs alone.
/// </summary>
internal sealed class DeviceGuest
{
    /// <summary>Where the device keeps the drives' files: a real file system.</summary>
    internal const string Disks = "/var/lib/microvm/guests";

    internal const string HostAddress = "172.31.0.1";
    internal const string GuestAddress = "172.31.0.2";
    internal const string GuestMac = "06:00:ac:1f:00:02";
    internal const int Mtu = 1400;
    internal const int MemoryMib = 256;

    private const string Flushes = """, "cache_type": "Writeback" """;

    // 1.25 MiB a second: less than the slowest machine asks for.
    private const string Limited = """, "rate_limiter": {"bandwidth": {"size": 262144, "one_time_burst": 0, "refill_time": 200}}""";

    private static readonly TimeSpan s_metricsLimit = TimeSpan.FromSeconds(60);
    private int _metricsLines;

    private DeviceGuest(LinuxGuest guest) => Guest = guest;

    internal LinuxGuest Guest { get; }

    /// <summary>Boots it on a device that has none yet.</summary>
    internal static async Task<DeviceGuest> BootAsync(GuestHostFixture host)
    {
        await host.RunAsync(
            $"""
            mkdir -p {Disks} && cd {Disks}
            truncate -s 32M async.raw sync.raw limited.raw
            head -c 1m /dev/urandom >first.raw
            head -c 3m /dev/urandom >second.raw
            tunctl -t tap0 && ip address add {HostAddress}/24 dev tap0 && ip link set tap0 mtu {Mtu} up
            """);
        LinuxGuest guest = Assert.Single(await host.BootAsync(new GuestSpec("everything")
        {
            Kernel = GuestKernel.Backports,
            Image = GuestImage.Elf,
            Vcpus = 2,
            MemoryMib = MemoryMib,
            Options = "--api-sock api.sock --boot-timer --metrics-path metrics.json",
            Sections = Sections,
        }));
        await guest.RunAsync(
            $"""
            mount -t squashfs /dev/vda /tools
            ip address add {GuestAddress}/24 dev eth0
            ip link set eth0 up
            ip route add 169.254.169.254 dev eth0
            head -c 4m /dev/urandom >/tmp/data
            """);
        return new DeviceGuest(guest);
    }

    /// <summary>What the counters have grown by since this was asked last: flushed, read from the file, parsed, added up over its lines.</summary>
    internal async Task<JsonObject> FlushMetricsAsync()
    {
        await Guest.AcceptedAsync("PUT", "/actions", """{"action_type": "FlushMetrics"}""");
        string[] lines = (await Guest.OnDeviceAsync("metrics", $"tail -n +{_metricsLines + 1} metrics.json", s_metricsLimit)).Split('\n');
        Assert.NotEqual("", lines[0]);
        _metricsLines += lines.Length;
        JsonObject sum = [];
        foreach (string line in lines)
        {
            AddTo(sum, JsonNode.Parse(line)!.AsObject());
        }

        return sum;
    }

    // A line a minute comes without being asked for.
    private static void AddTo(JsonObject sum, JsonObject line)
    {
        foreach ((string name, JsonNode? value) in line)
        {
            if (value is JsonObject section)
            {
                AddTo((sum[name] ??= new JsonObject()).AsObject(), section);
            }
            else
            {
                sum[name] = (sum[name] is { } before ? (long)before : 0L) + (long)value!;
            }
        }
    }

    private static string Sections =>
        $$"""
        "drives": [
          {{Drive("tools", $"{GuestSpec.Media}/tools.squashfs", "Sync", true)}},
          {{Drive("async", $"{Disks}/async.raw", "Async", false, Flushes)}},
          {{Drive("sync", $"{Disks}/sync.raw", "Sync", false, Flushes)}},
          {{Drive("limited", $"{Disks}/limited.raw", "Sync", false, Limited)}},
          {{Drive("swapped", $"{Disks}/first.raw", "Async", true)}}
        ],
        "network-interfaces": [{"iface_id": "eth0", "host_dev_name": "tap0", "guest_mac": "{{GuestMac}}", "mtu": {{Mtu}}}],
        "mmds-config": {"network_interfaces": ["eth0"], "version": "V1"},
        "vsock": {"guest_cid": 3, "uds_path": "v.sock"},
        "entropy": {},
        "balloon": {"amount_mib": 0, "deflate_on_oom": true, "stats_polling_interval_s": 1,
                    "free_page_reporting": true}
        """;

    private static string Drive(string id, string path, string engine, bool isReadOnly, string more = "") =>
        $$"""
        {"drive_id": "{{id}}", "path_on_host": "{{path}}", "is_root_device": false, "is_read_only": {{(isReadOnly ? "true" : "false")}},
         "io_engine": "{{engine}}"{{more}}}
        """;
}
