namespace MicroVm.Vmm.Mmds.Network;

/// <summary>The guest's end of a connection.</summary>
internal readonly record struct TcpPeer(uint Address, ushort Port);
