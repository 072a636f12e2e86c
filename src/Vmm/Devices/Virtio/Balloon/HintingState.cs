namespace MicroVm.Vmm.Devices.Virtio.Balloon;

/// <summary>
/// Which free page hinting run the host wants and which one the guest says it is in (virtio 1.2 section 5.5.6.7).
/// <code>
/// stop (0) --Start--> run n --Finish, or the guest's own end of the run when it is acknowledged--> done (1) --Start--> run n+1
/// </code>
/// In a run the guest hands over free ranges and keeps its hands off them until it sees "done". Only ranges of the run that both sides
/// are in may be given back: those of an older one may be in use again.
/// </summary>
internal sealed class HintingState
{
    /// <summary>VIRTIO_BALLOON_CMD_ID_STOP: no run.</summary>
    internal const uint Stop = 0;

    /// <summary>VIRTIO_BALLOON_CMD_ID_DONE: the guest may have its ranges back.</summary>
    internal const uint Done = 1;

    private const uint FirstRun = 2;
    private const long NoCommand = -1;

    private uint _lastRun;
    private uint _hostCommand;
    private long _guestCommand = NoCommand;
    private bool _acknowledgesEnd;

    /// <summary>What the guest reads in the configuration space: a run, <see cref="Stop"/> or <see cref="Done"/>. Any thread.</summary>
    internal uint HostCommand => Volatile.Read(ref _hostCommand);

    /// <summary>The last command that the guest sent; null for none. Any thread.</summary>
    internal uint? GuestCommand => Volatile.Read(ref _guestCommand) is var command and >= 0 ? (uint)command : null;

    /// <summary>True when ranges that come now may be given back.</summary>
    internal bool AcceptsRanges => _hostCommand >= FirstRun && _guestCommand == _hostCommand;

    /// <summary>Begins a run with a number of its own; <paramref name="acknowledgesEnd"/> ends it by itself when the guest has no more.</summary>
    internal void Start(bool acknowledgesEnd)
    {
        _lastRun = _lastRun == uint.MaxValue ? FirstRun : Math.Max(_lastRun + 1, FirstRun);
        _acknowledgesEnd = acknowledgesEnd;
        Volatile.Write(ref _hostCommand, _lastRun);
    }

    /// <summary>Ends the run: what the guest still hands over is let be, and it may use its ranges again.</summary>
    internal void Finish() => Volatile.Write(ref _hostCommand, Done);

    /// <summary>Takes a command of the guest's; true when that ended the run, so that the guest has to be told.</summary>
    internal bool TakeGuestCommand(uint command)
    {
        bool ends = command is Stop or Done && _acknowledgesEnd && AcceptsRanges;
        Volatile.Write(ref _guestCommand, command);
        if (ends)
        {
            Finish();
        }

        return ends;
    }

    /// <summary>As after a start of the device.</summary>
    internal void Reset()
    {
        _lastRun = 0;
        Volatile.Write(ref _hostCommand, Stop);
        Volatile.Write(ref _guestCommand, NoCommand);
    }
}
