using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Control.Requests;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Control;

/// <content>What is done to the VM as a whole.</content>
internal sealed partial class ApiHandler
{
    private const int InstanceStart = 0;
    private const int CtrlAltDel = 2;

    private static readonly string[] s_stateFields = ["state"];
    private static readonly string[] s_states = ["Paused", "Resumed"];
    private static readonly string[] s_actionFields = ["action_type"];
    private static readonly string[] s_actions = ["InstanceStart", "FlushMetrics", "SendCtrlAltDel"];

    private HttpResponse Act(ReadOnlySpan<byte> body)
    {
        int action = Read(body, "actions", static (ref JsonCursor cursor) => ReadChoiceField(ref cursor, s_actionFields, s_actions));
        if (IsStarted == (action == InstanceStart))
        {
            return Refuse(IsStarted ? NotAfterStart : NotBeforeStart);
        }

        switch (action)
        {
            case InstanceStart:
                return StartInstance();
            case CtrlAltDel:
                vm.SendCtrlAltDel();
                break;
            default:
                vm.FlushMetrics();
                break;
        }

        return HttpResponse.NoContent;
    }

    private HttpResponse StartInstance()
    {
        if (config.BootSource is null)
        {
            return Refuse("Start microvm error: Cannot start microvm without kernel configuration.");
        }

        try
        {
            vm.Start(config.Build());
        }
        catch (Exception fault) when (fault is VmConfigException or VmmFaultException or OsFaultException)
        {
            return Refuse($"Start microvm error: {fault.Message}");
        }

        info.State = InstanceState.Running;
        return HttpResponse.NoContent;
    }

    private HttpResponse PatchState(ReadOnlySpan<byte> body)
    {
        bool pauses = Read(body, "vm", static (ref JsonCursor cursor) => ReadChoiceField(ref cursor, s_stateFields, s_states)) == 0;
        if (!IsStarted)
        {
            return Refuse(NotBeforeStart);
        }

        ulong began = ProcessClock.WallMicroseconds;
        if (pauses)
        {
            vm.Pause();
            metrics.PauseMicroseconds = (long)(ProcessClock.WallMicroseconds - began);
        }
        else
        {
            vm.Resume();
            metrics.ResumeMicroseconds = (long)(ProcessClock.WallMicroseconds - began);
        }

        info.State = pauses ? InstanceState.Paused : InstanceState.Running;
        return HttpResponse.NoContent;
    }

    /// <summary>An object with one field, which is one of the choices; its index.</summary>
    private static int ReadChoiceField(ref JsonCursor cursor, string[] fields, string[] choices)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? field = null;
        int choice = 0;
        while (cursor.NextField(ref scope, fields, out string name))
        {
            field = name;
            choice = cursor.ReadChoice(choices);
        }

        cursor.Required(field, scope, fields[0]);
        return choice;
    }
}
