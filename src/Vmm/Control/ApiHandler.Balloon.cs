using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Control.Requests;

namespace MicroVm.Vmm.Control;

/// <content>The balloon of a VM, before and after its start.</content>
internal sealed partial class ApiHandler
{
    private const string NoBalloon = "No balloon device found.";
    private const string HintingDisabled = "Attempting to use hinting when not enabled";
    private const string StatisticsDisabled = "Statistics for the balloon device are not enabled";

    private HttpResponse GetBalloon(string[] path) => path switch
    {
        [_] => config.Balloon is { } balloon ? new HttpResponse(200, ApiJson.Balloon(balloon)) : Refuse(NoBalloon),
        [_, "statistics", ..] => GetBalloonStatistics(),
        [_, "hinting", "status", ..] => GetHinting(),
        [_, "hinting", ..] => Refuse($"Unrecognized GET request path `/hinting/{Rest(path)}`."),
        _ => Refuse($"Unrecognized GET request path `{path[1]}`."),
    };

    private HttpResponse PatchBalloon(string[] path, ReadOnlySpan<byte> body) => path switch
    {
        [_, "statistics", ..] => PatchBalloonStatistics(body),
        [_, "hinting", "start" or "stop", ..] => PatchHinting(body, starts: path[2] == "start"),
        [_, "hinting", ..] => Refuse($"Unrecognized PATCH request path `/hinting/{Rest(path)}`."),
        _ => PatchBalloonTarget(body),
    };

    private static string Rest(string[] path) => path.Length > 2 ? path[2] : "";

    private HttpResponse GetBalloonStatistics()
    {
        if (!IsStarted)
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

    private HttpResponse PatchBalloonTarget(ReadOnlySpan<byte> body)
    {
        int amountMib = Read(body, "balloon", BalloonConfigReader.ReadAmountUpdate);
        if (!IsStarted)
        {
            return Refuse(NotBeforeStart);
        }

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

    private HttpResponse PatchBalloonStatistics(ReadOnlySpan<byte> body)
    {
        int seconds = Read(body, "balloon", BalloonConfigReader.ReadIntervalUpdate);
        if (!IsStarted)
        {
            return Refuse(NotBeforeStart);
        }

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
        if (!IsStarted)
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
    private HttpResponse PatchHinting(ReadOnlySpan<byte> body, bool starts)
    {
        bool acknowledges = !starts || body.IsEmpty || Read(body, "balloon.hinting", BalloonConfigReader.ReadHintingStart);
        if (!IsStarted)
        {
            return Refuse(NotBeforeStart);
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
