namespace MicroVm.Vmm.KvmTests.Guests;

/// <summary>One descriptor's worth of guest memory; writable means by the device.</summary>
internal readonly record struct GuestBuffer(uint Address, uint Length, bool Writable);
