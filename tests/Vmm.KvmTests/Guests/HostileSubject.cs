using System.Text.Json.Nodes;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests.Guests;

/// <summary>A device in slot 0 for a hostile guest: how it is configured, its queues, and a well-formed request of it.</summary>
internal sealed class HostileSubject
{
    private const uint Buffers = GuestProgram.ScratchAddress + 0x10_0000;
    private const int DiskBytes = 64 * 512;

    private readonly string _kind;

    private HostileSubject(string kind, int queueCount, int requestQueue)
    {
        _kind = kind;
        QueueCount = queueCount;
        RequestQueue = requestQueue;
    }

    internal static string[] Kinds => ["block-sync", "block-async", "net", "vsock", "rng", "balloon"];

    /// <summary>Where the device's counters are in a line of metrics.</summary>
    internal string MetricsSection => _kind switch
    {
        "rng" => "entropy",
        "net" or "vsock" or "balloon" => _kind,
        _ => "block",
    };

    internal int QueueCount { get; }

    internal int RequestQueue { get; }

    internal static HostileSubject Make(string kind) => kind switch
    {
        "net" => new HostileSubject(kind, 2, 1),
        "vsock" => new HostileSubject(kind, 3, 1),
        "balloon" => new HostileSubject(kind, 2, 0),
        _ => new HostileSubject(kind, 1, 0),
    };

    /// <summary>Puts the device into the configuration.</summary>
    internal void Configure(VmFolder folder)
    {
        switch (_kind)
        {
            case "net":
                // Made by the VMM in this network namespace, and gone with it.
                folder.Config["network-interfaces"] = new JsonArray(new JsonObject { ["iface_id"] = "net", ["host_dev_name"] = $"mvmk{Environment.ProcessId}" });
                break;
            case "vsock":
                folder.Config["vsock"] = new JsonObject { ["guest_cid"] = 3, ["uds_path"] = folder["vsock"] };
                break;
            case "rng":
                folder.Config["entropy"] = new JsonObject();
                break;
            case "balloon":
                folder.Config["balloon"] = new JsonObject { ["amount_mib"] = 1, ["deflate_on_oom"] = false };
                break;
            default:
                File.WriteAllBytes(folder["disk"], new byte[DiskBytes]);
                folder.Config["drives"] = new JsonArray(new JsonObject
                {
                    ["drive_id"] = "disk",
                    ["path_on_host"] = folder["disk"],
                    ["is_root_device"] = false,
                    ["io_engine"] = _kind == "block-async" ? "Async" : "Sync",
                });
                break;
        }
    }

    /// <summary>Emits the start of the device with empty rings.</summary>
    internal GuestVirtioDevice EmitStart(GuestProgram program)
    {
        for (int i = 0; i < QueueCount; i++)
        {
            GuestVirtioDevice.QueueOf(program, slot: 0, i).SetAvailableIndex(0).SetUsedIndex(0);
        }

        return new GuestVirtioDevice(program, slot: 0, QueueCount);
    }

    /// <summary>Emits one request and the wait for its return.</summary>
    internal void EmitRequest(GuestProgram program, GuestVirtioDevice device)
    {
        EmitOffer(program, device);
        device.Queues[RequestQueue].WaitForAll();
    }

    /// <summary>Emits one request and its doorbell.</summary>
    internal void EmitOffer(GuestProgram program, GuestVirtioDevice device)
    {
        GuestVirtioQueue queue = device.Queues[RequestQueue];
        switch (_kind)
        {
            case "net":
                queue.Offer(new GuestBuffer(Buffers, 72, Writable: false));
                break;
            case "vsock":
                queue.Offer(new GuestBuffer(Buffers, 44, Writable: false));
                break;
            case "rng":
                queue.Offer(new GuestBuffer(Buffers, 64, Writable: true));
                break;
            case "balloon":
                program.Store32(Buffers, (Buffers >> 12) + 16);
                queue.Offer(new GuestBuffer(Buffers, 4, Writable: false));
                break;
            default:
                program.Store32(Buffers, 0).Store32(Buffers + 4, 0).Store64(Buffers + 8, 1);
                queue.Offer(
                    new GuestBuffer(Buffers, 16, Writable: false),
                    new GuestBuffer(Buffers + 0x1000, 512, Writable: true),
                    new GuestBuffer(Buffers + 0x2000, 1, Writable: true));
                break;
        }

        queue.Ring();
    }
}
