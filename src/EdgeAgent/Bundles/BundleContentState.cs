namespace MicroVm.EdgeAgent.Bundles;

/// <summary>What became of a content that this device needs.</summary>
internal enum BundleContentState
{
    /// <summary>The device had it.</summary>
    Held,

    /// <summary>It is in the bundle and whole; nothing was written.</summary>
    Checked,

    /// <summary>It is on the device now.</summary>
    Imported,
}
