using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Diagnostics;

namespace MicroVm.Vmm.Control;

/// <summary>Counters of the API's requests by resource, with Firecracker's names. On the loop thread.</summary>
internal sealed class ApiMetrics
{
    private const string Fails = "_fails";

    private static readonly (string Resource, string Name)[] s_gets =
        [("", "instance_info"), ("machine-config", "machine_cfg"), ("mmds", "mmds"), ("version", "vmm_version"), ("hotplug", "hotplug_memory")];

    private static readonly (string Resource, string Name)[] s_puts =
    [
        ("actions", "actions"), ("boot-source", "boot_source"), ("drives", "drive"), ("logger", "logger"), ("machine-config", "machine_cfg"),
        ("cpu-config", "cpu_cfg"), ("metrics", "metrics"), ("network-interfaces", "network"), ("mmds", "mmds"), ("vsock", "vsock"),
        ("pmem", "pmem"), ("serial", "serial"), ("hotplug", "hotplug_memory"),
    ];

    private static readonly (string Resource, string Name)[] s_patches =
    [
        ("drives", "drive"), ("network-interfaces", "network"), ("machine-config", "machine_cfg"), ("mmds", "mmds"),
        ("hotplug", "hotplug_memory"), ("pmem", "pmem"),
    ];

    private readonly (long Count, long Fails)[] _gets = new (long, long)[s_gets.Length];
    private readonly (long Count, long Fails)[] _puts = new (long, long)[s_puts.Length];
    private readonly (long Count, long Fails)[] _patches = new (long, long)[s_patches.Length];
    private long _deprecated;

    /// <summary>Microseconds from --start-time-us until the API was served; 0 without that.</summary>
    internal long StartupMicroseconds { get; set; }

    /// <summary>The same of processor time.</summary>
    internal long StartupCpuMicroseconds { get; set; }

    /// <summary>Microseconds that the last pause took.</summary>
    internal long PauseMicroseconds { get; set; }

    /// <summary>Microseconds that the last resumption took.</summary>
    internal long ResumeMicroseconds { get; set; }

    /// <summary>Counts a request for the resource whose path begins like this, and how it went.</summary>
    internal void Count(string method, string resource, in HttpResponse response)
    {
        _deprecated += response.IsDeprecated ? 1 : 0;
        bool failed = response.Status >= 400;
        switch (method)
        {
            case "GET":
                Count(s_gets, _gets, resource, failed);
                break;
            case "PUT":
                Count(s_puts, _puts, resource, failed);
                break;
            case "PATCH":
                Count(s_patches, _patches, resource, failed);
                break;
        }
    }

    /// <summary>All counters as they are now.</summary>
    internal void AddTo(List<MetricsSection> sections)
    {
        sections.Add(new MetricsSection(
            "api_server",
            [("process_startup_time_us", StartupMicroseconds), ("process_startup_time_cpu_us", StartupCpuMicroseconds)],
            IsGauge: true));
        sections.Add(new MetricsSection("latencies_us", [("pause_vm", PauseMicroseconds), ("resume_vm", ResumeMicroseconds)], IsGauge: true));
        sections.Add(new MetricsSection("get_api_requests", Counters(s_gets, _gets, withFails: false)));
        sections.Add(new MetricsSection("put_api_requests", Counters(s_puts, _puts, withFails: true)));
        sections.Add(new MetricsSection("patch_api_requests", Counters(s_patches, _patches, withFails: true)));
        sections.Add(new MetricsSection("deprecated_api", [("deprecated_http_api_calls", _deprecated)]));
    }

    private static void Count((string Resource, string Name)[] names, (long Count, long Fails)[] counters, string resource, bool failed)
    {
        // No delegate over a tuple of references: that alone would link the runtime's type loader, 100 KiB.
        for (int i = 0; i < names.Length; i++)
        {
            if (names[i].Resource == resource)
            {
                counters[i].Count++;
                counters[i].Fails += failed ? 1 : 0;
            }
        }
    }

    private static List<(string Name, long Value)> Counters((string Resource, string Name)[] names, (long Count, long Fails)[] counters, bool withFails)
    {
        List<(string, long)> result = [];
        for (int i = 0; i < names.Length; i++)
        {
            result.Add(($"{names[i].Name}_count", counters[i].Count));
            if (withFails)
            {
                result.Add((names[i].Name + Fails, counters[i].Fails));
            }
        }

        return result;
    }
}
