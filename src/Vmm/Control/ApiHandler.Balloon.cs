using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Control.Requests;

namespace MicroVm.Vmm.Control;

/// <content>The balloon of a VM, before and after its start.</content>
internal sealed partial class ApiHandler
{
    private const string NoBalloon = "No balloon device found.";
    private const string HintingStart = "/balloon/hinting/start";
    private const string HintingStop = "/balloon/hinting/stop";
    private const string HintingDisabled = "Attempting to use hinting when not enabled";
    private const string StatisticsDisabled = "Statistics for the balloon device are not enabled";

    private HttpResponse GetBalloon() =>
        config.Balloon is { } balloon ? new HttpResponse(200, ApiJson.Balloon(balloon)) : Refuse(NoBalloon);

    private HttpResponse GetBalloonStatistics()
    {
        if (info.State == InstanceState.NotStarted)
        {
            return Refuse(NotBeforeStart);
        }

        if (config.Balloon is not { } balloon)
        {
            return Refuse(NoBalloon);
        }

        return balloon.StatsPollingIntervalSeconds == 0
            ? Refuse(StatisticsDisabled)
            : new HttpResponse(200, ApiJson.BalloonReport(vm.ReadBalloon()));
    }

    private HttpResponse PatchBalloon(in HttpRequest request)
    {
        var cursor = new JsonCursor(request.Body, "balloon");
        int amountMib = BalloonConfigReader.ReadAmountUpdate(ref cursor);
        cursor.End();
        if (config.Balloon is not { } balloon)
        {
            return Refuse(NoBalloon);
        }

        BalloonConfig changed = balloon with { AmountMib = amountMib };
        changed.CheckAgainst(config.Machine);
        vm.SetBalloonTarget(amountMib);
        config.Balloon = changed;
        return HttpResponse.NoContent;
    }

    private HttpResponse PatchBalloonStatistics(in HttpRequest request)
    {
        var cursor = new JsonCursor(request.Body, "balloon");
        int seconds = BalloonConfigReader.ReadIntervalUpdate(ref cursor);
        cursor.End();
        if (config.Balloon is not { } balloon)
        {
            return Refuse(NoBalloon);
        }

        // The statistics queue exists or not from the start of the VM on.
        if (seconds == 0 != (balloon.StatsPollingIntervalSeconds == 0))
        {
            return Refuse("Cannot enable/disable the statistics after boot.");
        }

        if (seconds != 0)
        {
            vm.SetStatisticsInterval(seconds);
            config.Balloon = balloon with { StatsPollingIntervalSeconds = seconds };
        }

        return HttpResponse.NoContent;
    }

    private HttpResponse GetHinting()
    {
        if (info.State == InstanceState.NotStarted)
        {
            return Refuse(NotBeforeStart);
        }

        if (config.Balloon is not { FreePageHinting: true })
        {
            return Refuse(config.Balloon is null ? NoBalloon : HintingDisabled);
        }

        (uint hostCommand, uint? guestCommand) = vm.ReadHinting();
        return new HttpResponse(200, ApiJson.Hinting(hostCommand, guestCommand));
    }

    /// <summary>Starts or stops a hinting run. As in Firecracker the body may be missing, and that of a stop says nothing.</summary>
    private HttpResponse PatchHinting(in HttpRequest request, bool starts)
    {
        bool acknowledges = true;
        if (starts && !request.Body.IsEmpty)
        {
            var cursor = new JsonCursor(request.Body, "balloon.hinting");
            acknowledges = BalloonConfigReader.ReadHintingStart(ref cursor);
            cursor.End();
        }

        if (config.Balloon is not { FreePageHinting: true })
        {
            return Refuse(config.Balloon is null ? NoBalloon : HintingDisabled);
        }

        if (starts)
        {
            vm.StartHinting(acknowledges);
        }
        else
        {
            vm.StopHinting();
        }

        return HttpResponse.NoContent;
    }
}
