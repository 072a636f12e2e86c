namespace MicroVm.Vmm.Devices.Virtio.Balloon;

/// <summary>What a queue of the balloon is for.</summary>
internal enum BalloonQueue
{
    /// <summary>Page frame numbers the guest gives up.</summary>
    Inflate,

    /// <summary>Page frame numbers the guest takes back.</summary>
    Deflate,

    /// <summary>One buffer of statistics, held by the device until it wants new ones.</summary>
    Statistics,

    /// <summary>Commands of a hinting run, and ranges the guest keeps free during it.</summary>
    Hinting,

    /// <summary>Ranges that are free for the time being.</summary>
    Reporting,
}
