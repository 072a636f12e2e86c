using System.Buffers;
using System.Text.Json;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Planning;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>Writes the VMM's configuration file: Firecracker's JSON, as its <c>--config-file</c> takes it.</summary>
internal static class VmConfigDocument
{
    private const int RefillMs = 1000;

    /// <summary>How often a guest says what it has: a guest whose memory moves as often as it is looked at, others seldom.</summary>
    private const int ElasticStatisticsSeconds = 1, StatisticsSeconds = 10;

    /// <summary>Without accounting of kernel memory a guest has about 4 MiB more: nobody divides a guest among cgroups by it.</summary>
    private const string BaseKernelArguments = "console=ttyS0 quiet panic=-1 reboot=k cgroup.memory=nokmem";

    /// <summary>The configuration of one VM.</summary>
    /// <param name="launch">What it is started with.</param>
    /// <param name="paths">Where its files are.</param>
    /// <param name="options">Kernel and initramfs.</param>
    internal static byte[] Write(VmLaunch launch, VmPaths paths, AgentOptions options)
    {
        VmSpec spec = launch.Spec;
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            WriteMachine(json, spec);
            WriteBoot(json, options);
            WriteDrives(json, launch);
            WriteNetwork(json, launch);
            json.WriteStartObject("vsock");
            json.WriteNumber("guest_cid", launch.Cid);
            json.WriteString("uds_path", paths.Vsock(spec.Name));
            json.WriteEndObject();
            WriteBalloon(json, spec);
            json.WriteStartObject("entropy");
            json.WriteEndObject();
            json.WriteStartObject("serial");
            json.WriteString("serial_out_path", paths.Serial(spec.Name));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteMachine(Utf8JsonWriter json, VmSpec spec)
    {
        json.WriteStartObject("machine-config");
        json.WriteNumber("vcpu_count", spec.VcpuCount);
        json.WriteNumber("mem_size_mib", spec.MemoryMib);
        json.WriteEndObject();
    }

    /// <summary>
    /// Every VM gives back the pages that its guest has freed. One that may have more than its least memory boots with the most and
    /// starts with the rest of it in the balloon; a guest in need takes that back itself and is asked for it again.
    /// </summary>
    private static void WriteBalloon(Utf8JsonWriter json, VmSpec spec)
    {
        json.WriteStartObject("balloon");
        json.WriteNumber("amount_mib", MemoryDemand.IsElastic(spec) ? spec.MemoryMib - spec.MemoryMinMib : 0);
        json.WriteBoolean("deflate_on_oom", true);
        json.WriteNumber("stats_polling_interval_s", MemoryDemand.IsElastic(spec) ? ElasticStatisticsSeconds : StatisticsSeconds);
        json.WriteBoolean("free_page_reporting", true);
        json.WriteEndObject();
    }

    private static void WriteBoot(Utf8JsonWriter json, AgentOptions options)
    {
        json.WriteStartObject("boot-source");
        json.WriteString("kernel_image_path", options.KernelPath);
        json.WriteString("initrd_path", options.InitrdPath);
        json.WriteString("boot_args", $"{BaseKernelArguments} {options.KernelArgs}".TrimEnd());
        json.WriteEndObject();
    }

    private static void WriteDrives(Utf8JsonWriter json, VmLaunch launch)
    {
        // is_root_device would make the VMM add root= to the command line; microvm-init mounts the disk itself.
        json.WriteStartArray("drives");
        WriteDrive(json, "rootfs", launch.ImagePath, isReadOnly: true, launch.Spec.Limits);
        for (int i = 0; i < launch.Resources.Volumes.Count; i++)
        {
            WriteDrive(json, $"volume{i}", launch.Resources.Volumes[i], launch.Spec.Volumes[i].ReadOnly, launch.Spec.Limits);
        }

        json.WriteEndArray();
    }

    private static void WriteDrive(Utf8JsonWriter json, string id, string path, bool isReadOnly, RateLimits limits)
    {
        json.WriteStartObject();
        json.WriteString("drive_id", id);
        json.WriteString("path_on_host", path);
        json.WriteBoolean("is_root_device", false);
        json.WriteBoolean("is_read_only", isReadOnly);
        if (!isReadOnly)
        {
            // With it the guest is offered flushes, and each is an fdatasync of the file: what the workload synced is on the disk.
            json.WriteString("cache_type", "Writeback");
        }

        if (limits.DiskBytesPerSecond > 0 || limits.DiskOperationsPerSecond > 0)
        {
            WriteLimiter(json, "rate_limiter", limits.DiskBytesPerSecond, limits.DiskOperationsPerSecond);
        }

        json.WriteEndObject();
    }

    private static void WriteNetwork(Utf8JsonWriter json, VmLaunch launch)
    {
        if (launch.Resources.Network is not VmAttachment network)
        {
            return;
        }

        json.WriteStartArray("network-interfaces");
        json.WriteStartObject();
        json.WriteString("iface_id", "eth0");
        json.WriteString("host_dev_name", network.Link.Tap);
        json.WriteString("guest_mac", VmLink.Write(network.Link.Mac));
        if (launch.Spec.Limits.NetworkBytesPerSecond is > 0 and long limit)
        {
            WriteLimiter(json, "rx_rate_limiter", limit, 0);
            WriteLimiter(json, "tx_rate_limiter", limit, 0);
        }

        json.WriteEndObject();
        json.WriteEndArray();
    }

    /// <summary>A bucket of a second's worth, which fills in a second.</summary>
    private static void WriteLimiter(Utf8JsonWriter json, string name, long bytes, long operations)
    {
        json.WriteStartObject(name);
        WriteBucket(json, "bandwidth", bytes);
        WriteBucket(json, "ops", operations);
        json.WriteEndObject();
    }

    private static void WriteBucket(Utf8JsonWriter json, string name, long perSecond)
    {
        if (perSecond > 0)
        {
            json.WriteStartObject(name);
            json.WriteNumber("size", perSecond);
            json.WriteNumber("refill_time", RefillMs);
            json.WriteEndObject();
        }
    }
}
