namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>Where the guest's serial bytes go.</summary>
internal interface ISerialOutput
{
    /// <summary>Takes one byte. Called on vCPU threads, one at a time.</summary>
    void Write(byte value);
}
