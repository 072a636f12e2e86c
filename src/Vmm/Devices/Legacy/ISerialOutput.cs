namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>Where the guest's serial bytes go.</summary>
internal interface ISerialOutput
{
    /// <summary>Takes one byte; false when it was lost. Called on vCPU threads, one at a time; standard output may block.</summary>
    bool TryWrite(byte value);
}
