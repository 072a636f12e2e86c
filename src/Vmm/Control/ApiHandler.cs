using System.Text;
using MicroVm.Vmm.Arch.X64.CpuTemplates;
using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Control.Requests;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Control;

/// <summary>What the endpoints of the API do.</summary>
internal sealed partial class ApiHandler(InstanceInfo info, VmConfigBuilder config, IVmControl vm) : IHttpHandler
{
    private const string DrivePrefix = "/drives/";
    private const string NotAfterStart = "The requested operation is not supported after starting the microVM.";
    private const string NotBeforeStart = "The requested operation is not supported before starting the microVM.";

    private static readonly string[] s_stateFields = ["state"];
    private static readonly string[] s_states = ["Paused", "Resumed"];
    private static readonly string[] s_actionFields = ["action_type"];
    private static readonly string[] s_actions = ["InstanceStart", "FlushMetrics", "SendCtrlAltDel"];
    private const int CtrlAltDel = 2;

    public HttpResponse Handle(HttpRequest request)
    {
        try
        {
            return Encoding.ASCII.GetString(request.Method) switch
            {
                "GET" => Get(request),
                "PUT" => Put(request),
                "PATCH" => Patch(request),
                _ => NoSuchEndpoint(request),
            };
        }
        catch (Exception fault) when (fault is VmConfigException or VmmFaultException or OsFaultException)
        {
            return Refuse(fault.Message);
        }
    }

    public HttpResponse Refuse(string fault) => new(400, ApiJson.Fault(fault));

    private HttpResponse Get(in HttpRequest request)
    {
        if (!request.Body.IsEmpty)
        {
            return Refuse("GET request cannot have a body.");
        }

        return Encoding.ASCII.GetString(request.Target) switch
        {
            "/" => new HttpResponse(200, ApiJson.Instance(info)),
            "/version" => new HttpResponse(200, ApiJson.Version()),
            "/machine-config" => new HttpResponse(200, ApiJson.Machine(config.Machine)),
            "/balloon" => GetBalloon(),
            "/balloon/statistics" => GetBalloonStatistics(),
            "/balloon/hinting/status" => GetHinting(),
            "/vm/config" => new HttpResponse(200, ApiJson.Config(config)),
            _ => NoSuchEndpoint(request),
        };
    }

    private HttpResponse Put(in HttpRequest request)
    {
        string target = Encoding.ASCII.GetString(request.Target);
        if (target == "/actions")
        {
            return Act(request.Body);
        }

        if (target is "/snapshot/create" or "/snapshot/load")
        {
            return Refuse("Snapshots are not supported yet.");
        }

        string[] parts = target[1..].Split('/');
        bool isDrive = parts is ["drives", { Length: > 0 }];
        bool isNetwork = parts is ["network-interfaces", { Length: > 0 }];
        bool isKnown = isDrive || isNetwork
            || parts is ["machine-config" or "cpu-config" or "boot-source" or "vsock" or "entropy" or "serial" or "logger" or "metrics" or "balloon"];
        if (!isKnown)
        {
            return NoSuchEndpoint(request);
        }

        var cursor = new JsonCursor(request.Body, parts[0]);
        Action apply = isDrive ? ReadDrive(ref cursor, parts[1])
            : isNetwork ? ReadNetworkInterface(ref cursor, parts[1])
            : ReadSection(ref cursor, parts[0]);
        cursor.End();
        if (info.State != InstanceState.NotStarted)
        {
            return Refuse(NotAfterStart);
        }

        apply();
        return HttpResponse.NoContent;
    }

    private HttpResponse Patch(in HttpRequest request)
    {
        string target = Encoding.ASCII.GetString(request.Target);
        bool isNetwork = target.StartsWith(NetworkTarget, StringComparison.Ordinal);
        if (target == "/machine-config")
        {
            return PatchMachine(request);
        }

        bool isDrive = target.StartsWith(DrivePrefix, StringComparison.Ordinal) && target.Length > DrivePrefix.Length;
        bool isKnown = isNetwork || isDrive || target is "/vm" or "/balloon" or "/balloon/statistics" or HintingStart or HintingStop;
        if (!isKnown)
        {
            return NoSuchEndpoint(request);
        }

        if (info.State == InstanceState.NotStarted)
        {
            return Refuse(NotBeforeStart);
        }

        if (isNetwork)
        {
            return PatchNetworkInterface(request, target[NetworkTarget.Length..]);
        }

        if (isDrive)
        {
            return PatchDrive(request, target[DrivePrefix.Length..]);
        }

        return target switch
        {
            "/vm" => PatchState(request),
            "/balloon" => PatchBalloon(request),
            HintingStart or HintingStop => PatchHinting(request, starts: target == HintingStart),
            _ => PatchBalloonStatistics(request),
        };
    }

    private HttpResponse PatchMachine(in HttpRequest request)
    {
        var cursor = new JsonCursor(request.Body, "machine-config");
        MachineConfig machine = MachineConfigReader.ReadUpdate(ref cursor, config.Machine);
        cursor.End();
        if (info.State != InstanceState.NotStarted)
        {
            return Refuse(NotAfterStart);
        }

        config.Balloon?.CheckAgainst(machine);
        config.Machine = machine;
        return HttpResponse.NoContent;
    }

    private HttpResponse PatchState(in HttpRequest request)
    {
        var cursor = new JsonCursor(request.Body, "vm");
        JsonObjectScope scope = cursor.EnterObject();
        string? field = null;
        bool pauses = false;
        while (cursor.NextField(ref scope, s_stateFields, out string name))
        {
            field = name;
            pauses = cursor.ReadChoice(s_states) == 0;
        }

        cursor.End();
        cursor.Required(field, scope, "state");
        if (pauses)
        {
            vm.Pause();
        }
        else
        {
            vm.Resume();
        }

        info.State = pauses ? InstanceState.Paused : InstanceState.Running;
        return HttpResponse.NoContent;
    }

    /// <summary>Reads a section whole before anything changes: a request that is refused leaves nothing behind.</summary>
    private Action ReadSection(ref JsonCursor cursor, string name)
    {
        switch (name)
        {
            case "machine-config":
                MachineConfig machine = MachineConfigReader.Read(ref cursor, config.Machine);
                return () => config.Machine = machine;
            case "cpu-config":
                CpuTemplate template = CpuConfigReader.Read(ref cursor);
                return () => config.Machine = config.Machine with { CpuTemplate = template };
            case "boot-source":
                BootSource bootSource = BootSourceReader.Read(ref cursor);
                return () => config.BootSource = bootSource;
            case "vsock":
                VsockConfig vsock = VsockConfigReader.Read(ref cursor);
                return () => config.Vsock = vsock;
            case "entropy":
                EntropyConfig entropy = EntropyConfigReader.Read(ref cursor);
                return () => config.Entropy = entropy;
            case "serial":
                SerialConfig serial = SerialConfigReader.Read(ref cursor);
                return () => config.Serial = serial;
            case "metrics":
                MetricsConfig metrics = MetricsConfigReader.Read(ref cursor);
                return () =>
                {
                    vm.OpenMetrics(metrics.MetricsPath);
                    config.Metrics = metrics;
                };
            case "balloon":
                BalloonConfig balloon = BalloonConfigReader.Read(ref cursor);
                balloon.CheckAgainst(config.Machine);
                return () => config.Balloon = balloon;
            default:
                LoggerConfig logger = LoggerConfigReader.Read(ref cursor);
                return () => config.Logger = logger;
        }
    }

    private Action ReadDrive(ref JsonCursor cursor, string id)
    {
        DriveConfig drive = DriveConfigReader.Read(ref cursor);
        if (drive.DriveId != id)
        {
            throw new VmConfigException("drives.drive_id", $"\"{id}\" as in the path", $"\"{drive.DriveId}\"");
        }

        return () => config.SetDrive(drive, "drives");
    }

    private HttpResponse Act(ReadOnlySpan<byte> body)
    {
        var cursor = new JsonCursor(body, "actions");
        JsonObjectScope scope = cursor.EnterObject();
        string? field = null;
        int action = 0;
        while (cursor.NextField(ref scope, s_actionFields, out string name))
        {
            field = name;
            action = cursor.ReadChoice(s_actions);
        }

        cursor.End();
        cursor.Required(field, scope, "action_type");
        if (action != 0)
        {
            return ActOnRunning(action);
        }

        if (info.State != InstanceState.NotStarted)
        {
            return Refuse(NotAfterStart);
        }

        vm.Start(config.Build());
        info.State = InstanceState.Running;
        return HttpResponse.NoContent;
    }

    private HttpResponse ActOnRunning(int action)
    {
        if (info.State == InstanceState.NotStarted)
        {
            return Refuse(NotBeforeStart);
        }

        if (action == CtrlAltDel)
        {
            vm.SendCtrlAltDel();
        }
        else
        {
            vm.FlushMetrics();
        }

        return HttpResponse.NoContent;
    }

    private HttpResponse NoSuchEndpoint(in HttpRequest request) =>
        Refuse($"Invalid request method and/or path: {Encoding.ASCII.GetString(request.Method)} {Encoding.ASCII.GetString(request.Target)}.");
}
