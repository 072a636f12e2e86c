using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Devices.Legacy;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Balloon;
using MicroVm.Vmm.Devices.Virtio.Block;
using MicroVm.Vmm.Devices.Virtio.Net;
using MicroVm.Vmm.Devices.Virtio.Rng;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Devices.Virtio.Vsock;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Vcpu;

namespace MicroVm.Vmm.Machine;

/// <summary>
/// The counters of a machine in Firecracker's shape: one section per kind of device, and one more per drive and network interface.
/// Counters that other threads are raising at the moment may be a little behind.
/// </summary>
internal static class MachineMetrics
{
    internal static List<MetricsSection> Collect(MachineParts parts)
    {
        List<MetricsSection> sections = [];
        foreach (VirtioMmioDevice device in parts.Devices)
        {
            Add(sections, device.Device, Counters(device.Metrics));
        }

        sections.Add(new MetricsSection("uart", Counters(parts.Legacy.Serial.Metrics)));
        sections.Add(new MetricsSection("pvpanic", [("panic_count", parts.Legacy.Pvpanic.Panics)]));
        long ioIn = 0, ioOut = 0, mmioRead = 0, mmioWrite = 0;
        foreach (VcpuThread vcpu in parts.Vcpus)
        {
            ioIn += vcpu.Metrics.IoIn;
            ioOut += vcpu.Metrics.IoOut;
            mmioRead += vcpu.Metrics.MmioRead;
            mmioWrite += vcpu.Metrics.MmioWrite;
        }

        long unclaimed = 0;
        foreach (IoBus bus in parts.Buses)
        {
            unclaimed += bus.UnclaimedAccesses;
        }

        sections.Add(new MetricsSection(
            "vcpu",
            [
                ("exit_io_in", ioIn),
                ("exit_io_out", ioOut),
                ("exit_mmio_read", mmioRead),
                ("exit_mmio_write", mmioWrite),
                ("unclaimed_accesses", unclaimed),
            ]));
        return sections;
    }

    private static void Add(List<MetricsSection> sections, IVirtioDevice device, (string Name, long Value)[] transport)
    {
        string id = device.Name[(device.Name.LastIndexOf('/') + 1)..];
        switch (device)
        {
            case BlockDevice block:
                AddWithTotal(sections, "block", id, [.. Counters(block.Metrics), .. transport]);
                break;
            case NetDevice net:
                AddWithTotal(sections, "net", id, [.. Counters(net.Metrics), .. transport]);
                break;
            case VsockDevice vsock:
                sections.Add(new MetricsSection("vsock", [.. Counters(vsock.Metrics), .. transport]));
                break;
            case RngDevice entropy:
                sections.Add(new MetricsSection("entropy", [.. Counters(entropy.Metrics), .. transport]));
                break;
            case BalloonDevice balloon:
                sections.Add(new MetricsSection("balloon", [.. Counters(balloon.Metrics), .. transport]));
                break;
        }
    }

    private static void AddWithTotal(List<MetricsSection> sections, string kind, string id, (string Name, long Value)[] counters)
    {
        int total = sections.FindIndex(section => section.Name == kind);
        if (total < 0)
        {
            sections.Add(new MetricsSection(kind, counters));
        }
        else
        {
            (string Name, long Value)[] sum = [.. sections[total].Counters];
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i].Value += counters[i].Value;
            }

            sections[total] = new MetricsSection(kind, sum);
        }

        sections.Add(new MetricsSection($"{kind}_{id}", counters));
    }

    private static (string Name, long Value)[] Counters(VirtioMmioMetrics metrics) =>
        [("guest_faults", metrics.GuestFaults), ("refused_register_writes", metrics.RefusedWrites), ("resets", metrics.Resets)];

    private static (string Name, long Value)[] Counters(BlockMetrics metrics) =>
    [
        ("read_count", metrics.Reads),
        ("read_bytes", metrics.ReadBytes),
        ("write_count", metrics.Writes),
        ("write_bytes", metrics.WrittenBytes),
        ("flush_count", metrics.Flushes),
        ("invalid_reqs_count", metrics.InvalidRequests + metrics.Unsupported),
        ("execute_fails", metrics.HostFaults),
        ("rate_limiter_throttled_events", metrics.ThrottledRequests),
    ];

    private static (string Name, long Value)[] Counters(NetMetrics metrics) =>
    [
        ("rx_packets_count", metrics.RxPackets),
        ("rx_bytes_count", metrics.RxBytes),
        ("rx_fails", metrics.RxOversized),
        ("no_rx_avail_buffer", metrics.RxOutOfBuffers),
        ("rx_rate_limiter_throttled", metrics.RxThrottled),
        ("tx_packets_count", metrics.TxPackets),
        ("tx_bytes_count", metrics.TxBytes),
        ("tx_malformed_frames", metrics.TxMalformed),
        ("tap_write_fails", metrics.TxTapFaults),
        ("tx_rate_limiter_throttled", metrics.TxThrottled),
    ];

    private static (string Name, long Value)[] Counters(VsockMetrics metrics) =>
    [
        ("rx_packets_count", metrics.RxPackets),
        ("rx_bytes_count", metrics.RxBytes),
        ("tx_packets_count", metrics.TxPackets),
        ("tx_bytes_count", metrics.TxBytes),
        ("malformed_packets_count", metrics.MalformedPackets + metrics.LengthLies + metrics.CreditViolations),
        ("refused_connections_count", metrics.RefusedConnections),
    ];

    private static (string Name, long Value)[] Counters(SerialMetrics metrics) =>
    [
        ("error_count", metrics.LostBytes),
        ("read_count", metrics.ReceivedBytes),
        ("write_count", metrics.SentBytes),
        ("rate_limiter_dropped_bytes", metrics.DroppedBytes),
    ];

    private static (string Name, long Value)[] Counters(RngMetrics metrics) =>
    [
        ("entropy_event_count", metrics.Requests),
        ("entropy_bytes", metrics.Bytes),
        ("entropy_event_fails", metrics.EmptyRequests),
        ("entropy_rate_limiter_throttled", metrics.ThrottledRequests),
    ];

    private static (string Name, long Value)[] Counters(BalloonMetrics metrics) =>
    [
        ("inflate_count", metrics.Inflations),
        ("deflate_count", metrics.Deflations),
        ("stats_updates_count", metrics.StatisticsUpdates),
        ("event_fails", metrics.MalformedRequests + metrics.PagesOutsideMemory + metrics.ImpossibleActuals + metrics.FailedDiscards),
        ("free_page_report_count", metrics.Reports),
        ("free_page_report_freed", metrics.ReportedBytes),
        ("free_page_hint_count", metrics.Hints),
        ("free_page_hint_freed", metrics.HintedBytes),
    ];
}
