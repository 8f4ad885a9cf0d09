"""Pictures that marketers upload: `decoding` says whether it is one and writes it anew, `store` keeps the files,
`library` says which there are, `reaching` whether an address elsewhere leads to one."""
